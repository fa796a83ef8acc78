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
uint64_t holdfast_make_device(uint32_t major, uint32_t minor);

/// fsetxattr(2).
int holdfast_set_attribute(int file, const char *name, const void *value, size_t size);

/// renameat2(2) with RENAME_NOREPLACE, and linkat(2) with unlinkat(2) where a file system does not know that.
int holdfast_rename_new(int old_folder, const char *old_name, int new_folder, const char *new_name);

/// What has a name in a folder, links not followed: 0 nothing, 1 a regular file, 2 something else; -1 and errno.
int holdfast_kind(int folder, const char *name);

/// Of stat(2), whose struct Swift takes for another module's from one way of linking to the next.
struct holdfast_file_status {
  int64_t size;
  uint32_t user;
  uint32_t group;
  uint32_t mode;
  int is_regular;
  int is_folder;
};

/// stat(2), or lstat(2) where links are not followed; -1 and errno where it fails.
int holdfast_status(const char *path, int follows_links, struct holdfast_file_status *status);

/// syncfs(2).
int holdfast_sync(int file);

/// Bytes and names that may still be written, as fstatvfs(3) tells; -1 and errno where it fails. Zero names where the file
/// system has no such limit.
int holdfast_free_space(int file, uint64_t *bytes, uint64_t *names);

/// Whether the calling process may write into a folder, as faccessat(2) tells by its effective user.
int holdfast_may_write(int folder);

#endif
