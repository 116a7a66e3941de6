# What a plugin is compiled and linked with. Needs the target leat::plugin, and nothing else of leat.
# A plugin: the target <name>, the file <name>-<version>.so. Name and version are those of LEAT_PLUGIN in the source.
#   leat_add_plugin(<name> SOURCES <file>... VERSION <major.minor.patch> [LIBS <target>...])
function(leat_add_plugin name)
  cmake_parse_arguments(P "" "VERSION" "SOURCES;LIBS" ${ARGN})
  if(P_UNPARSED_ARGUMENTS OR NOT P_SOURCES)
    message(FATAL_ERROR "leat_add_plugin(${name}): give SOURCES <file>... VERSION <major.minor.patch>")
  endif()
  if(NOT P_VERSION MATCHES "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)$")
    message(FATAL_ERROR "leat_add_plugin(${name}): VERSION \"${P_VERSION}\" is not MAJOR.MINOR.PATCH")
  endif()
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "leat_add_plugin(${name}): a plugin's name is ^[a-z][a-z0-9_]{0,30}$")
  endif()
  set(map "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map")
  add_library(${name} MODULE ${P_SOURCES})
  target_link_libraries(${name} PRIVATE leat::plugin ${P_LIBS})
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" OUTPUT_NAME "${name}-${P_VERSION}" POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    SKIP_BUILD_RPATH ON INSTALL_RPATH "" LINK_DEPENDS "${map}")
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST languages)
    target_compile_features(${name} PRIVATE c_std_11)
  endif()
  if("CXX" IN_LIST languages)
    target_compile_features(${name} PRIVATE cxx_std_17)
    # Without it a template's static variable is one for all versions of the plugin.
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  endif()
  target_link_options(${name} PRIVATE -Wl,-z,now -Wl,-z,noexecstack -Wl,--exclude-libs,ALL
                      "-Wl,--version-script=${map}")
endfunction()

# A test program of a plugin, written with leat/plugin_testing.hpp; LEAT_PLUGIN_FILE is the path of the plugin's library.
#   leat_add_plugin_test(<plugin> SOURCES <file>... [LABELS <label>...])
function(leat_add_plugin_test plugin)
  cmake_parse_arguments(T "" "" "SOURCES;LABELS" ${ARGN})
  add_executable(${plugin}_plugin_test ${T_SOURCES})
  target_link_libraries(${plugin}_plugin_test PRIVATE leat::plugin ${CMAKE_DL_LIBS})
  target_compile_features(${plugin}_plugin_test PRIVATE cxx_std_17)
  target_compile_definitions(${plugin}_plugin_test PRIVATE LEAT_PLUGIN_FILE="$<TARGET_FILE:${plugin}>")
  add_dependencies(${plugin}_plugin_test ${plugin})
  add_test(NAME plugin.${plugin} COMMAND ${plugin}_plugin_test)
  set_tests_properties(plugin.${plugin} PROPERTIES LABELS "${T_LABELS}" TIMEOUT 120)
endfunction()
