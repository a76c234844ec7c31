#include "rocksdb/column_family.hpp"

#include "rocksdb/failures.hpp"

#include <utility>

namespace paperboy::rocksdb_detail
{

column_family::column_family(std::shared_ptr<database> of, std::string name)
    : of_{std::move(of)}, name_{std::move(name)}, handle_{of_->take(name_)}
{
}

column_family::~column_family()
{
    if (!dropped_)
        of_->give_back(name_, std::move(handle_));
}

std::string column_family::doing(std::string_view what) const
{
    return "cannot " + std::string{what} + " shard " + name_ + " in " + of_->directory().string();
}

void column_family::throw_damaged() const
{
    throw store_error{store_failure::damaged, doing("use") + ": it was found damaged before; clear makes it usable"};
}

void column_family::reading_failed(rocksdb::Status const& status)
{
    auto const error = make_error(status, doing("read"));
    if (error.why() == store_failure::damaged && !dropped_.exchange(true))
    {
        of_->how().given().log(log_level::warning, error.what());
        if (!of_->drop(name_, *handle_).ok())
            of_->broke();
    }
    throw error;
}

void column_family::writing_failed(rocksdb::Status const& status)
{
    auto const error = make_error(status, doing("write"));
    if (error.why() == store_failure::damaged && !of_->broken())
    {
        of_->how().given().log(log_level::warning, error.what());
        of_->broke();
    }
    throw error;
}

void column_family::drop()
{
    if (dropped_ || of_->broken())
        return;
    if (auto const status = of_->drop(name_, *handle_); !status.ok())
        writing_failed(status);
    dropped_ = true;
}

} // namespace paperboy::rocksdb_detail
