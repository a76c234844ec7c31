#pragma once

#include "serde/registry_http.hpp"

#include <paperboy/schema_registry.hpp>

#include <cstdint>
#include <string>

namespace paperboy::serde
{

// What the registry's JSON says. Each throws registry_error that names the URL and the status: `bad_answer` unless the
// status says more. `asked_for` completes the sentence "the registry has no …".

[[nodiscard]] schema read_schema(http_answer const& answer, std::int32_t id, std::string const& asked_for);
[[nodiscard]] subject_version read_version(http_answer const& answer, std::string const& asked_for);
[[nodiscard]] std::int32_t read_id(http_answer const& answer, std::string const& asked_for);
[[nodiscard]] compatibility read_compatibility(http_answer const& answer, std::string const& asked_for);

// Whether it is that of a registry: else another URL may have one.
[[nodiscard]] bool is_of_registry(http_answer const& answer);

// The body of a request to register or check a schema.
[[nodiscard]] std::string to_json(schema_draft const& draft);

// A request and how it was answered, for errors: "GET http://… answered 404".
[[nodiscard]] std::string describe(http_answer const& answer);

} // namespace paperboy::serde
