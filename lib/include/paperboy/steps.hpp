#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace paperboy
{

/// Topics to be caught up before others: each inner list is a step, in order, of topics as `engine::handle` named them.
///
/// A step ends when each of its partitions has passed the end that it had when the step began; until then topics of
/// later steps are assigned but not consumed. Topics in no step wait for all steps. Handlers with `on_bulk` get bulks
/// meanwhile, unless their mode policy says `handling_mode::single`. When all steps are over everything runs by the
/// mode policies, until the end of the run.
///
/// A step waits for what the group has not committed yet: after a restart there may be nothing to wait for, and what
/// hooks kept in memory is gone. State that later steps need belongs in a table; or start the topic at its beginning
/// (`handler_options::start`), and keep all its partitions in one process.
using step_list = std::vector<std::vector<std::string>>;

/// Whose partitions a step waits for.
enum class steps_scope
{
    /// Those assigned to this engine; while it has none, no step ends.
    engine,
    /// Those of the whole group: a step ends when the group's committed offsets have passed the ends, so that all
    /// engines of the group respect the order together.
    group,
};

} // namespace paperboy
