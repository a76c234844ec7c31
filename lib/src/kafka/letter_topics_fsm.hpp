#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

namespace paperboy::kafka
{

// What the log is to say of a topic.
enum class letter_news
{
    // Nothing, or nothing new.
    none,
    // It is still missing.
    missing,
    // It was said to be missing, and is there.
    there,
};

// Decides when the brokers are asked for the topics that dead letters go to: letters wait until it is known that their
// topic exists, and how many partitions it has. Topics have the outbox's numbers.
class letter_topics
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    // How many partitions the topic has; 0 while that is not known.
    [[nodiscard]] std::int32_t partitions(std::size_t topic) const
    {
        auto const found = topics_.find(topic);
        return found == topics_.end() ? 0 : found->second.partitions;
    }

    // Whether it is known to be missing, and the log was told.
    [[nodiscard]] bool missing(std::size_t topic) const
    {
        auto const found = topics_.find(topic);
        return found != topics_.end() && found->second.told.has_value();
    }

    // A letter waits for the topic.
    void wanted(std::size_t topic, time_point now)
    {
        auto& of = topics_[topic];
        if (of.wanted)
            return;
        of.wanted = true;
        of.due = std::max(of.due, now);
        of.since = now;
    }

    // A broker has said that there is no such topic, or no such partition, any more.
    void lost(std::size_t topic, time_point now)
    {
        auto& of = topics_[topic];
        of.partitions = 0;
        if (!of.wanted)
            of.due = now + longest_pause / 5;
        wanted(topic, now);
    }

    // The topic to ask for now; answered() has to follow before the next one.
    [[nodiscard]] std::optional<std::size_t> to_ask(time_point now) const
    {
        auto const next = earliest();
        if (next == topics_.end() || next->second.due > now)
            return std::nullopt;
        return next->first;
    }

    // When to_ask() will have something.
    [[nodiscard]] std::optional<time_point> next() const
    {
        auto const next = earliest();
        if (next == topics_.end())
            return std::nullopt;
        return next->second.due;
    }

    // The topic has so many partitions; or, with 0, is missing: then it is asked for again. A cluster that creates
    // topics says so at first, too: the log is told only of what lasts.
    letter_news answered(std::size_t topic, std::int32_t partitions, time_point now)
    {
        auto& of = topics_[topic];
        if (partitions > 0)
        {
            auto const was_told = of.told.has_value();
            of = known{};
            of.partitions = partitions;
            return was_told ? letter_news::there : letter_news::none;
        }
        ask_again(of, now);
        if (now - of.since < grace || (of.told && now - *of.told < told_every))
            return letter_news::none;
        of.told = now;
        return letter_news::missing;
    }

    // There was no answer.
    void unanswered(std::size_t topic, time_point now) { ask_again(topics_[topic], now); }

    // No letter waits for the topic any more.
    void given_up(std::size_t topic) { topics_.erase(topic); }

private:
    static constexpr std::chrono::milliseconds first_pause{100};
    static constexpr std::chrono::milliseconds longest_pause{5000};
    static constexpr std::chrono::milliseconds grace{1000};
    static constexpr std::chrono::seconds told_every{30};

    struct known
    {
        std::int32_t partitions = 0;
        bool wanted = false;
        time_point since;
        time_point due;
        std::chrono::milliseconds pause = first_pause;
        std::optional<time_point> told;
    };
    using all = std::map<std::size_t, known>;

    static void ask_again(known& of, time_point now)
    {
        of.due = now + of.pause;
        of.pause = std::min(of.pause * 2, longest_pause);
    }

    [[nodiscard]] all::const_iterator earliest() const
    {
        auto best = topics_.end();
        for (auto at = topics_.begin(); at != topics_.end(); ++at)
            if (at->second.wanted && (best == topics_.end() || at->second.due < best->second.due))
                best = at;
        return best;
    }

    all topics_;
};

} // namespace paperboy::kafka
