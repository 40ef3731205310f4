#ifndef PENUMBRA_FILE_MAPS_H
#define PENUMBRA_FILE_MAPS_H

#include <stddef.h>

// Maps of files that may be cut short while they are read. The system answers reading what is gone by SIGBUS, which ends the
// process; a handler, which has to know the address, puts zeros there instead and notes it.

// Maps a file from its beginning; null with errno where it cannot be.
const void *file_map_open(int descriptor, size_t length, int *number);
// Whether something of a map was not in its file, or could not be read from the disk.
int file_map_is_broken(int number);
void file_map_close(const void *start, size_t length, int number);

#endif
