#ifndef CPROGRAMPAGES_H
#define CPROGRAMPAGES_H

/// Lets go of the pages of the program's files that nobody wrote to; those that are still used come back from the page
/// cache. Linux; elsewhere it does nothing.
void holdfast_release_program_pages(void);

#endif
