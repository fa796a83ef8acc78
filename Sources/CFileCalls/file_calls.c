#define _GNU_SOURCE
#include "CFileCalls.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/sysmacros.h>
#include <sys/xattr.h>

int holdfast_open_path_flag(void) { return O_PATH; }
int64_t holdfast_seek_data(int file, int64_t offset) { return lseek(file, offset, SEEK_DATA); }
int64_t holdfast_seek_hole(int file, int64_t offset) { return lseek(file, offset, SEEK_HOLE); }
ssize_t holdfast_list_attributes(int file, char *list, size_t size) { return flistxattr(file, list, size); }
ssize_t holdfast_get_attribute(int file, const char *name, void *value, size_t size) {
  return fgetxattr(file, name, value, size);
}
uint32_t holdfast_device_major(uint64_t device) { return major(device); }
uint32_t holdfast_device_minor(uint64_t device) { return minor(device); }
#endif
