#pragma once

#include "output.hpp"

namespace paperboy::cli
{

/// MessagePack's values as JSON that can be taken back: what JSON has no value for are objects.
///
/// - bytes: {"base64": "…"}; of an extension {"base64": "…", "extension": 5}
/// - NaN and infinity: {"float": "NaN"}, "Infinity", "-Infinity"
/// - a map that looks like one of these, or like this: {"map": {…}}
[[nodiscard]] json show_msgpack(json const& value);

/// The other way. Throws command_failed for base64 that is none, and an extension's type that is no number from -128
/// to 127.
[[nodiscard]] json read_msgpack(json const& shown);

} // namespace paperboy::cli
