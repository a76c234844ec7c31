// expects: paperboy: did_receive_bulk_messages takes std::vector<R>& by reference: changes of a copy are lost

#include <paperboy/engine.hpp>

#include <span>
#include <vector>

struct handler
{
    void on_message(paperboy::record_view const&) {}
    void on_bulk(std::span<paperboy::record_view const>) {}
    void did_receive_bulk_messages(std::vector<paperboy::record_view> records) { records.clear(); }
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", handler{});
}
