# Runs PROGRAM on few records against the broker at PAPERBOY_TEST_BOOTSTRAP: does it work, is its output well-formed?
# Then some modes that decode, and with TABLES some of tables and from topic to topic: it fails itself where they find
# something else than the same by hand, or do not restore all records.
if("$ENV{PAPERBOY_TEST_BOOTSTRAP}" STREQUAL "")
  message(FATAL_ERROR "PAPERBOY_TEST_BOOTSTRAP is not set; tools/test starts a broker and sets it")
endif()
set(json_file ${FOLDER}/smoke.json)
set(csv_file ${FOLDER}/smoke.csv)
file(REMOVE ${json_file} ${csv_file})
execute_process(
  COMMAND ${PROGRAM} --bootstrap-servers $ENV{PAPERBOY_TEST_BOOTSTRAP} --records 20000 --rounds 1
    --topics raw1k --modes raw,raw-defaults,void,awaitable --json ${json_file} --csv ${csv_file}
  TIMEOUT 240 RESULT_VARIABLE result OUTPUT_VARIABLE table)
message("${table}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the program failed: ${result}")
endif()

file(READ ${json_file} json)
string(JSON count LENGTH "${json}" results)
if(NOT count EQUAL 4)
  message(FATAL_ERROR "${count} results in ${json_file} instead of 4, one a mode")
endif()
foreach(index RANGE 3)
  string(JSON records GET "${json}" results ${index} records)
  string(JSON ratio GET "${json}" results ${index} ratio_to_raw median)
  if(NOT records EQUAL 20000 OR NOT ratio GREATER 0)
    message(FATAL_ERROR "result ${index} has ${records} records and a ratio of ${ratio}")
  endif()
endforeach()
file(STRINGS ${csv_file} lines)
list(LENGTH lines count)
if(NOT count EQUAL 5)
  message(FATAL_ERROR "${count} lines in ${csv_file} instead of 5: a title and 4 runs")
endif()

function(run_modes)
  execute_process(
    COMMAND ${PROGRAM} --bootstrap-servers $ENV{PAPERBOY_TEST_BOOTSTRAP} --records 20000 --rounds 1 ${ARGN}
    TIMEOUT 120 RESULT_VARIABLE result OUTPUT_VARIABLE table)
  message("${table}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "the program failed with ${ARGN}: ${result}")
  endif()
endfunction()

run_modes(--topics msgpack400 --modes msgpack-raw,msgpack)
run_modes(--topics avro400 --modes avro-raw,avro)
if(TABLES)
  run_modes(--topics zipf400 --modes count-raw,count-memory,count-raw-rocksdb-coalesced,count-rocksdb-coalesced)
  run_modes(--topics raw1k --modes transform-raw,transform)
  run_modes(--topics counts --modes restore-raw-rocksdb,restore-rocksdb,restart)
endif()
