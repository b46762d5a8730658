// scale: what a check with a thousand clients needs of this machine.

#ifndef SCALE_H
#define SCALE_H

// Returns what can't be had here, in a line that stays; NULL if all can.
const char *scale_lacking(void);

#endif
