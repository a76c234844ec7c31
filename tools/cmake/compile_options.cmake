# One place for how our own code is compiled; users of the library inherit none of it.
add_library(paperboy_compile_options INTERFACE)
target_compile_features(paperboy_compile_options INTERFACE cxx_std_20)
target_compile_options(paperboy_compile_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(PAPERBOY_WARNINGS_AS_ERRORS)
  target_compile_options(paperboy_compile_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # librdkafka's macros for variadic calls; the deprecated functions that stable algorithms of libstdc++ 12 call.
  target_compile_options(paperboy_compile_options INTERFACE -Wno-gnu-statement-expression-from-macro-expansion
    -Wno-deprecated-declarations)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of g++ 12 in optimised standard containers and in Asio under the sanitizers; clang has no such ones.
  target_compile_options(paperboy_compile_options INTERFACE -Wno-restrict -Wno-tsan)
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_compile_options(paperboy_compile_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(CMAKE_UNITY_BUILD) # where it takes what is internal to a source for a header's
    target_compile_options(paperboy_compile_options INTERFACE -Wno-subobject-linkage)
  endif()
endif()

# The allocator for programs: librdkafka allocates each record on one thread and frees it on another, which glibc's
# allocator serves badly. Never linked into the library.
add_library(paperboy_program_options INTERFACE)
if(PAPERBOY_TCMALLOC AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  find_library(PAPERBOY_TCMALLOC_LIBRARY NAMES tcmalloc_minimal)
  if(PAPERBOY_TCMALLOC_LIBRARY)
    target_link_libraries(paperboy_program_options INTERFACE
      -Wl,--push-state,--no-as-needed ${PAPERBOY_TCMALLOC_LIBRARY} -Wl,--pop-state)
  endif()
endif()
