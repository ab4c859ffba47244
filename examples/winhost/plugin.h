/* plugin.h: what plugin.dll, a plug-in of an emulator, does in its DllMain, and what came of it. */
#ifndef WINHOST_PLUGIN_H
#define WINHOST_PLUGIN_H

#include "library.h"

/* The environment tells the plug-in: which library, and what it calls at its begin or at its end. */
#define PLUGIN_LIBRARY "WINHOST_PLUGIN_LIBRARY"
#define PLUGIN_CALLS "WINHOST_PLUGIN_CALLS"
#define PLUGIN_AT_BEGIN "begin" /* all functions, in DLL_PROCESS_ATTACH */
#define PLUGIN_AT_END "end"     /* all that one calls at the end, in DLL_PROCESS_DETACH */

/* What plugin_results returns: an array of what the functions returned, by their numbers in library.h. */
typedef const int *(*plugin_results_function)(void);

#endif
