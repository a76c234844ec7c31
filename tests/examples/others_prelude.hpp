#pragma once

// What the snippets for other libraries take for granted.

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

inline void handle(std::string_view /*value*/) {}
