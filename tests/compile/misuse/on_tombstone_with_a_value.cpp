// expects: paperboy: on_tombstone takes record_view const& (keyed_record<K> const& when the key has a serde)

#include <paperboy/engine.hpp>

struct handler
{
    void on_message(paperboy::record<std::string_view> const&) {}
    void on_tombstone(paperboy::record<std::string_view> const&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", paperboy::text{}, handler{});
}
