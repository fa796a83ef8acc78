#if defined(__linux__)
#define _GNU_SOURCE
#include "CProgramPages.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

// Writable segments are left alone, also where they were made read-only after relocation: their content is nowhere else.
static int release(struct dl_phdr_info *file, size_t size, void *context) {
  (void)size, (void)context;
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int index = 0; index < file->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &file->dlpi_phdr[index];
    if (segment->p_type == PT_DYNAMIC) {
      for (const ElfW(Dyn) *entry = (const void *)(file->dlpi_addr + segment->p_vaddr); entry->d_tag != DT_NULL; entry++) {
        // Relocations inside of code: then it was written to.
        if (entry->d_tag == DT_TEXTREL) return 0;
      }
    }
  }
  for (int index = 0; index < file->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &file->dlpi_phdr[index];
    if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
    const uintptr_t start = (file->dlpi_addr + segment->p_vaddr + page - 1) & ~(page - 1);
    const uintptr_t end = (file->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
    if (end > start) madvise((void *)start, end - start, MADV_DONTNEED);
  }
  return 0;
}

void holdfast_release_program_pages(void) { dl_iterate_phdr(release, 0); }

#else
#include "CProgramPages.h"

void holdfast_release_program_pages(void) {}
#endif
