/* Plugins that are refused before any of them runs; a macro says what is wrong. */
#include <leat/plugin.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef WITHOUT_NOTE
LEAT_PLUGIN("misfit", "1.0.0");
#endif

#ifdef TWO_NOTES
__attribute__((section(".note.leat"), used, aligned(4))) static const leat_note second = {
    5, sizeof(leat_note) - 20, 1, "LEAT", LEAT_ABI_MAJOR, LEAT_ABI_MINOR, 0, 64, "other", "1.0.0", ""};
#endif

#ifdef MORE_EXPORTS
LEAT_EXPORT int more(void);
LEAT_EXPORT int more(void) { return 1; }
#endif

#ifdef CONSTRUCTOR
__attribute__((constructor)) static void leave_a_trace(void) {
  const char *path = getenv("LEAT_TEST_TRACE");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (file) fclose(file);
}
#endif

#ifdef NEEDS_FOREIGN
int foreign_number(void);
#endif

#ifndef WITHOUT_INIT
LEAT_EXPORT leat_status leat_plugin_init(const leat_host *host, leat_registry *registry) {
  (void)host;
  (void)registry;
#ifdef NEEDS_FOREIGN
  return foreign_number() == 7 ? LEAT_OK : LEAT_FATAL;
#else
  return LEAT_OK;
#endif
}
#endif
