#define _GNU_SOURCE
#include "CFileCalls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
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
uint64_t holdfast_make_device(uint32_t major, uint32_t minor) { return makedev(major, minor); }
int holdfast_set_attribute(int file, const char *name, const void *value, size_t size) {
  return fsetxattr(file, name, value, size, 0);
}

int holdfast_rename_new(int old_folder, const char *old_name, int new_folder, const char *new_name) {
  // musl has no renameat2; RENAME_NOREPLACE is 1 (linux/fs.h).
  if (syscall(SYS_renameat2, old_folder, old_name, new_folder, new_name, 1) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  // Folders cannot be linked; there the look before has to do.
  struct stat status;
  if (fstatat(old_folder, old_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return -1;
  if (S_ISDIR(status.st_mode)) {
    if (fstatat(new_folder, new_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      errno = EEXIST;
      return -1;
    }
    return renameat(old_folder, old_name, new_folder, new_name);
  }
  if (linkat(old_folder, old_name, new_folder, new_name, 0) != 0) return -1;
  return unlinkat(old_folder, old_name, 0);
}

int holdfast_kind(int folder, const char *name) {
  struct stat status;
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0) return S_ISREG(status.st_mode) ? 1 : 2;
  return errno == ENOENT ? 0 : -1;
}

int holdfast_sync(int file) { return syncfs(file); }

int holdfast_free_space(int file, uint64_t *bytes, uint64_t *names) {
  struct statvfs status;
  if (fstatvfs(file, &status) != 0) return -1;
  *bytes = (uint64_t)status.f_bavail * (status.f_frsize ? status.f_frsize : status.f_bsize);
  *names = status.f_files == 0 ? 0 : status.f_favail;
  return 0;
}

int holdfast_may_write(int folder) { return faccessat(folder, ".", W_OK | X_OK, AT_EACCESS); }
#endif

int holdfast_status(const char *path, int follows_links, struct holdfast_file_status *status) {
  struct stat found;
  if ((follows_links ? stat(path, &found) : lstat(path, &found)) != 0) return -1;
  status->size = found.st_size;
  status->user = found.st_uid;
  status->group = found.st_gid;
  status->mode = found.st_mode;
  status->is_regular = S_ISREG(found.st_mode);
  status->is_folder = S_ISDIR(found.st_mode);
  return 0;
}
