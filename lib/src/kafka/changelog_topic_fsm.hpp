#pragma once

#include <paperboy/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace paperboy::kafka
{

// What a table wants of its changelog's topic.
struct wanted_changelog
{
    std::string topic;
    std::int32_t partitions = 1;
    std::string cleanup_policy;
    // Whether a topic that is there may have another number of partitions.
    bool any_number = false;
    // Whether a cluster that has no controller is given time to get one.
    bool await_controller = true;
};

// What the brokers said, and their own words for it.
enum class topic_news
{
    // Looked at: it is there, and all its partitions have leaders. Created: it is. Described: its settings are known.
    yes,
    // Looked at: it is there, but not all of it. Created: another one was faster.
    almost,
    missing,
    // They do not let us.
    refused,
    // They do not take these settings for a topic.
    bad_settings,
    // They cannot do what is asked, now or ever.
    impossible,
    // No answer, or one that does not last.
    unanswered,
    // The brokers know of no controller, which is to answer: one is being elected, or they never name one.
    no_controller,
};

struct topic_reply
{
    topic_news news = topic_news::unanswered;
    error_code error;
    std::string text;
    std::int32_t partitions = 0;
    std::map<std::string, std::string> settings;
};

enum class topic_step
{
    // Ask what there is of the topic; after a pause when that was asked before.
    look,
    // Create it, marked() or not.
    create,
    // Ask for its settings.
    describe,
    // See error() and text().
    end,
};

// Decides how a changelog's topic comes to be there, and whether it is one.
//
// 1. Two engines may find it missing at the same time: the one whose topic is there already goes on with the other's.
// 2. A creation without an answer may have happened. It is tried again only if the topic is still missing.
// 3. A broker that was asked may not have heard of a topic that another has just created: it is looked for until then.
// 4. Clusters that do not take the mark get the topic without it.
// 5. A cluster without a controller may have one in a moment. Were the settings given up at once, the topic's mark
//    would be missing from its identity, and with it what tells a topic that was made anew for certain.
//
// The clock is the caller's.
class changelog_topic_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    // For how long a controller is waited for.
    static constexpr auto controller_patience = std::chrono::seconds{10};

    explicit changelog_topic_fsm(wanted_changelog wanted) : wanted_{std::move(wanted)} {}

    topic_step looked(topic_reply const& reply)
    {
        remember(reply);
        switch (reply.news)
        {
        case topic_news::yes:
            partitions_ = reply.partitions;
            return wanted_.any_number || reply.partitions == wanted_.partitions ? topic_step::describe
                                                                                : wrong_partitions();
        case topic_news::missing:
            return made_ ? topic_step::look : topic_step::create;
        case topic_news::refused:
            return fail(reply, "the brokers do not let us look at it", "allow Describe on the topic");
        case topic_news::bad_settings:
        case topic_news::impossible:
            return fail(reply, "there can be no such topic", "choose another name");
        case topic_news::almost:
        case topic_news::unanswered:
        case topic_news::no_controller:
            break;
        }
        return topic_step::look;
    }

    topic_step created(topic_reply const& reply)
    {
        remember(reply);
        switch (reply.news)
        {
        case topic_news::yes:
            created_ = made_ = true;
            break;
        case topic_news::almost:
            made_ = true;
            break;
        case topic_news::refused:
            return fail(reply, "it does not exist, and the brokers do not let us create it",
                        "allow Create on the topic, or create it: " + recipe());
        case topic_news::bad_settings:
            if (!marked_)
                return fail(reply, "it does not exist, and the brokers do not take its settings",
                            "change table_options, or create it: " + recipe());
            marked_ = false;
            return topic_step::create;
        case topic_news::impossible:
            return fail(reply, "it does not exist, and cannot be created", "create it: " + recipe());
        case topic_news::missing:
        case topic_news::unanswered:
        case topic_news::no_controller:
            break;
        }
        return topic_step::look;
    }

    topic_step described(topic_reply const& reply, time_point now)
    {
        remember(reply);
        switch (news_at(reply, now))
        {
        case topic_news::yes:
            settings_ = reply.settings;
            return check_policy();
        case topic_news::missing:
            return topic_step::look;
        case topic_news::refused:
        case topic_news::bad_settings:
        case topic_news::impossible:
            text_ = name() + ": whether its cleanup.policy is \"" + wanted_.cleanup_policy +
                    "\" could not be checked: " + reply.text;
            if (reply.news == topic_news::refused)
                text_ += "; allow DescribeConfigs on the topic";
            text_ += ". Its delete.retention.ms is taken to be Kafka's default of 24 h";
            return topic_step::end;
        case topic_news::almost:
        case topic_news::unanswered:
        case topic_news::no_controller:
            break;
        }
        return topic_step::describe;
    }

    // There is no more time. `otherwise` is the error when no broker has said anything.
    void expired(error_code otherwise)
    {
        error_ = last_.error ? last_.error : otherwise;
        text_ = name() + (last_.partitions > 0 ? " is not ready yet" : " could not be looked at in time");
        text_ += ": " + (last_.text.empty() ? "the brokers do not answer" : last_.text);
    }

    // Whether the topic is to be created with a mark of its own.
    [[nodiscard]] bool marked() const noexcept { return marked_; }

    [[nodiscard]] error_code error() const noexcept { return error_; }
    [[nodiscard]] std::string const& text() const noexcept { return text_; }
    [[nodiscard]] std::int32_t partitions() const noexcept { return partitions_; }
    [[nodiscard]] bool was_created() const noexcept { return created_; }
    // None was found, though it was waited for.
    [[nodiscard]] bool without_controller() const noexcept { return without_controller_; }
    [[nodiscard]] std::string setting(std::string const& name) const
    {
        auto const found = settings_.find(name);
        return found == settings_.end() ? std::string{} : found->second;
    }

    // Whether a cleanup.policy, a list of words, contains this one.
    [[nodiscard]] static bool has_policy(std::string_view all, std::string_view one)
    {
        while (!all.empty())
        {
            auto const comma = std::min(all.find(','), all.size());
            auto word = all.substr(0, comma);
            word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
            if (word.substr(0, word.find(' ')) == one)
                return true;
            all.remove_prefix(std::min(comma + 1, all.size()));
        }
        return false;
    }

private:
    void remember(topic_reply const& reply) { last_ = reply; }

    topic_news news_at(topic_reply const& reply, time_point now)
    {
        if (reply.news != topic_news::no_controller)
        {
            no_controller_since_.reset();
            return reply.news;
        }
        if (!no_controller_since_)
            no_controller_since_ = now;
        without_controller_ = !wanted_.await_controller || now - *no_controller_since_ >= controller_patience;
        return without_controller_ ? topic_news::impossible : reply.news;
    }

    topic_step fail(topic_reply const& reply, std::string const& what, std::string const& remedy)
    {
        error_ = reply.error;
        text_ = name() + ": " + what + (reply.text.empty() ? "" : " (" + reply.text + ")") + "; " + remedy;
        return topic_step::end;
    }

    topic_step wrong(std::string const& text)
    {
        error_ = errc::wrong_changelog;
        text_ = name() + text;
        return topic_step::end;
    }

    topic_step wrong_partitions()
    {
        auto const wants = std::to_string(wanted_.partitions);
        auto const more = partitions_ > wanted_.partitions;
        return wrong(" has " + std::to_string(partitions_) + (partitions_ == 1 ? " partition" : " partitions") +
                     ", but the table's source has " + wants +
                     ": changes go where their records came from. Name another " +
                     "topic in table_options::changelog, or delete this one when what it holds is not needed" +
                     (more ? "" : "; give it " + wants + " if keys have stayed in their partitions of the source"));
    }

    topic_step check_policy()
    {
        auto const found = setting("cleanup.policy");
        auto const same =
            has_policy(found, "compact") && has_policy(found, "delete") == has_policy(wanted_.cleanup_policy, "delete");
        if (same)
            return topic_step::end;
        return wrong(" has cleanup.policy \"" + found + "\", but the table wants \"" + wanted_.cleanup_policy +
                     "\": the brokers would " +
                     (has_policy(found, "delete") ? "delete what the table needs" : "keep what it does not need") +
                     ". Set it with kafka-configs --alter, or name another topic in table_options::changelog");
    }

    [[nodiscard]] std::string recipe() const
    {
        return "kafka-topics --create --topic " + wanted_.topic + " --partitions " +
               std::to_string(wanted_.partitions) + " --config cleanup.policy=" + wanted_.cleanup_policy;
    }

    [[nodiscard]] std::string name() const { return "changelog topic \"" + wanted_.topic + "\""; }

    wanted_changelog wanted_;
    topic_reply last_;
    std::map<std::string, std::string> settings_;
    error_code error_;
    std::string text_;
    std::optional<time_point> no_controller_since_;
    std::int32_t partitions_ = 0;
    bool made_ = false;
    bool created_ = false;
    bool marked_ = true;
    bool without_controller_ = false;
};

} // namespace paperboy::kafka
