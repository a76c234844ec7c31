#pragma once

#include <string>
#include <vector>

namespace paperboy::bench
{

// What follows the mode on the command line.
using arguments = std::vector<std::string>;

// SERVERS TOPIC RATE SECONDS: makes the topic, and produces so many records a second into it, each with its time; says
// "ticking" once the topic can be consumed.
int tick(arguments const& given);

// SERVERS TOPIC RECORDS WARM_UP: how old such records are when they arrive, as JSON; WARM_UP records are not counted.
// By librdkafka's blocking poll with its defaults, and by the engine with its own, with either kind of hook.
int time_raw(arguments const& given);
int time_void(arguments const& given);
int time_awaitable(arguments const& given);

// SERVERS TOPIC [SECONDS]: whether a partition whose hook waits delays the others.
int time_beside_waiting(arguments const& given);

} // namespace paperboy::bench
