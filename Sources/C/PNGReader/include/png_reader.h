#ifndef PENUMBRA_PNG_READER_H
#define PENUMBRA_PNG_READER_H
// libpng reports errors by longjmp, which Swift cannot catch: the calls that may fail are made here.
#endif
