// expects: paperboy: JSON cannot be read into this type; describe it with BOOST_DESCRIBE_STRUCT or BOOST_DESCRIBE_ENUM

#include <paperboy/engine.hpp>
#include <paperboy/json.hpp>

#include <boost/describe/class.hpp>

#include <vector>

struct item
{
    int number = 0;
};

struct order
{
    std::vector<item> items;
};
BOOST_DESCRIBE_STRUCT(order, (), (items))

struct handler
{
    void on_message(paperboy::record<order> const&) {}
};

void use(paperboy::engine& engine)
{
    engine.handle("topic", paperboy::json<order>{}, handler{});
}
