#ifndef CFILECALLS_H
#define CFILECALLS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// open(2)'s O_PATH.
int holdfast_open_path_flag(void);

/// lseek(2) with SEEK_DATA and SEEK_HOLE; -1 and errno where it fails.
int64_t holdfast_seek_data(int file, int64_t offset);
int64_t holdfast_seek_hole(int file, int64_t offset);

/// flistxattr(2) and fgetxattr(2).
ssize_t holdfast_list_attributes(int file, char *list, size_t size);
ssize_t holdfast_get_attribute(int file, const char *name, void *value, size_t size);

/// The numbers of a device, from a stat's st_rdev.
uint32_t holdfast_device_major(uint64_t device);
uint32_t holdfast_device_minor(uint64_t device);

#endif
