# Runs `compiler` over `source` with `includes` (separated by '|'); see compile_test in CMakeLists.txt.
string(REPLACE "|" ";" folders "${includes}")
list(TRANSFORM folders PREPEND "-I")
execute_process(COMMAND ${compiler} -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
    ${folders} ${source}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)

file(STRINGS ${source} expectations REGEX "^// expects: ")
list(TRANSFORM expectations REPLACE "^// expects: " "")
if(NOT expectations)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${source} does not compile:\n${output}")
  endif()
  return()
endif()

if(status EQUAL 0)
  message(FATAL_ERROR "${source} compiles, but should not")
endif()
foreach(expected IN LISTS expectations)
  string(FIND "${output}" "${expected}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "${source} fails without saying \"${expected}\":\n${output}")
  endif()
endforeach()
