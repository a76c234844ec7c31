#include <paperboy/engine.hpp>

#include "engine/engine_impl.hpp"
#include "pipeline/option_check.hpp"
#include "pipeline/topic_router.hpp"
#include "table/option_check.hpp"

#include <paperboy/detail/topic_name.hpp>

#include <utility>

namespace paperboy
{

engine::engine(executor_type executor, config settings)
    : handle_{std::make_shared<detail::engine_impl>(std::move(executor), std::move(settings))}
{
}

engine::engine(engine&&) noexcept = default;

engine& engine::operator=(engine&& other) noexcept
{
    if (handle_)
        handle_->abort();
    handle_ = std::move(other.handle_);
    return *this;
}

engine::~engine()
{
    if (handle_)
        handle_->abort();
}

engine::executor_type engine::get_executor() const
{
    return handle_->executor();
}

void engine::stop()
{
    handle_->stop();
}

void engine::pause()
{
    handle_->state().paused.pause_all();
    handle_->repause();
}

void engine::pause(std::string const& topic)
{
    handle_->state().paused.pause(topic);
    handle_->repause();
}

void engine::pause(topic_partition const& where)
{
    handle_->state().paused.pause(where);
    handle_->repause();
}

void engine::resume()
{
    handle_->state().paused.resume_all();
    handle_->repause();
}

void engine::resume(std::string const& topic)
{
    handle_->state().paused.resume(topic);
    handle_->repause();
}

void engine::resume(topic_partition const& where)
{
    handle_->state().paused.resume(where);
    handle_->repause();
}

engine_stats engine::stats() const
{
    return handle_->state().stats();
}

engine_health engine::health() const
{
    return handle_->state().health_now();
}

failure engine::last_failure() const
{
    return handle_->state().why_failed();
}

std::shared_ptr<detail::send_target> engine::send_target_for(std::string const& topic)
{
    if (handle_->running())
        throw setup_error{errc::already_running,
                          "paperboy: a producer to \"" + topic + "\" cannot be made while the engine runs"};
    if (!detail::is_topic_name(topic))
        throw setup_error{errc::invalid_config, "paperboy: \"" + topic +
                                                    "\" cannot be produced to: a topic's name has 1 to 249 letters, "
                                                    "digits, '.', '_' or '-'"};
    auto& state = handle_->state();
    state.produces = true;
    return state.outbox;
}

std::shared_ptr<detail::table_core> engine::add(detail::table_setup setup)
{
    auto& state = handle_->state();
    if (handle_->running())
        throw setup_error{errc::already_running,
                          "paperboy: the table \"" + setup.name + "\" cannot be made while the engine runs"};
    tables::check(setup);
    for (auto const& each : state.tables)
        if (each->name() == setup.name || each->changelog() == setup.options.changelog)
            throw setup_error{errc::invalid_config, "paperboy: the table \"" + setup.name +
                                                        "\" has the name or the changelog of another table, \"" +
                                                        each->name() + "\""};
    state.produces = true;
    state.tables.push_back(
        std::make_shared<tables::table_state>(state.tables.size(), std::move(setup), state.executor));
    return state.tables.back();
}

engine& engine::add(std::string topic, handler_options const& options,
                    std::unique_ptr<detail::batch_handler_factory> factory)
{
    if (handle_->running())
        throw setup_error{errc::already_running,
                          "paperboy: a handler for \"" + topic + "\" cannot be added while the engine runs"};
    auto const& settings = handle_->state().settings;
    auto chosen = options;
    chosen.mode = options.mode.value_or(settings.mode);
    pipeline::check(chosen, factory->asynchronous(), "the options of \"" + topic + "\"");
    chosen.start = options.start.value_or(settings.start);
    pipeline::check(*chosen.start, options.start ? topic : "any", "the options of \"" + topic + "\"");
    handle_->state().router.add(std::move(topic), std::move(factory), chosen);
    return *this;
}

} // namespace paperboy
