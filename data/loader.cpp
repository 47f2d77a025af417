#include "data/loader.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "data/draw_view.h"
#include "kernels/base/check.h"
#include "kernels/base/philox.h"
#include "kernels/base/thread_pool.h"

namespace data {

using kernels::Random;
using kernels::RandomUse;
using kernels::text;
using kernels::UsageError;

namespace {

void check_settings(const Images& images, const LoaderSettings& settings,
                    const std::array<BatchSlot, 2>& slots) {
  const auto require = [](bool fits, const std::string& message) {
    if (!fits) throw UsageError("loader: " + message);
  };
  const auto count = settings.views.size();
  require(count >= 1 && count <= kMostViews,
          text("expected 1 to ", kMostViews, " views, got ", count));
  for (const View& view : settings.views) check_view(view);
  require(settings.batch >= 1 && settings.batch <= images.count,
          text("batch must be 1 to the ", images.count, " images there are, got ", settings.batch));
  require(settings.threads >= 1, text("threads must be at least 1, got ", settings.threads));
  require(settings.augmentation.padding >= 0 && settings.augmentation.padding <= kMostPadding,
          text("padding must be 0 to ", kMostPadding, ", got ", settings.augmentation.padding));
  CHECK(images.pixels.size() == images.count * images.image_size() &&
            images.labels.size() == static_cast<std::size_t>(images.count),
        "loader: ", images.count, " images, but memory for ", images.labels.size(), " labels and ",
        images.pixels.size(), " bytes of pixels");
  for (const BatchSlot& slot : slots) {
    CHECK(slot.images && slot.labels, "loader: a slot without memory");
    CHECK(slot.type == kernels::Type::Float || slot.type == kernels::Type::BFloat16,
          "loader: slots must be float or bf16, got ", name_of(slot.type));
  }
}

}  // namespace

void shuffle_order(std::uint64_t seed, int epoch, std::vector<int>& order) {
  std::iota(order.begin(), order.end(), 0);
  Random random(seed, RandomUse::Shuffle, static_cast<std::uint32_t>(epoch));
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
}

// Counts batches since start(): batch n goes into slot n % 2 once batch n - 2 is released.
class Loader::Worker {
 public:
  Worker(const Images& images, const Normalization& normalization, const LoaderSettings& settings,
         std::array<BatchSlot, 2> slots)
      : images_(images),
        normalization_(normalization),
        settings_(settings),
        slots_(slots),
        order_(images.count),
        pool_(settings.threads),
        thread_([this] { work(); }) {}

  ~Worker() {
    {
      const std::lock_guard lock(mutex_);
      running_ = false;
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  int steps_per_epoch() const { return images_.count / settings_.batch; }

  void start(int epoch, int first_step) {
    CHECK(epoch >= 0 && first_step >= 0 && first_step <= steps_per_epoch(),
          "loader: cannot start at epoch ", epoch, ", step ", first_step, " of ",
          steps_per_epoch());
    stop();
    {
      const std::lock_guard lock(mutex_);
      const bool epoch_is_done = first_step == steps_per_epoch();
      epoch_ = epoch_is_done ? epoch + 1 : epoch;
      step_ = epoch_is_done ? 0 : first_step;
      ordered_epoch_ = -1;
      made_ = taken_ = released_ = 0;
      failure_ = nullptr;
      running_ = true;
    }
    changed_.notify_all();
  }

  int wait() {
    std::unique_lock lock(mutex_);
    CHECK(running_, "loader: wait() without start()");
    released_ = taken_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return made_ > taken_ || failure_; });
    if (made_ <= taken_) std::rethrow_exception(failure_);
    return static_cast<int>(taken_++ % 2);
  }

  void stop() {
    std::unique_lock lock(mutex_);
    running_ = false;
    changed_.wait(lock, [this] { return !busy_; });
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock,
                    [this] { return ending_ || (running_ && !failure_ && made_ - released_ < 2); });
      if (ending_) return;
      busy_ = true;
      lock.unlock();
      std::exception_ptr failure;
      try {
        make_batch(slots_[made_ % 2]);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      busy_ = false;
      failure_ = failure;
      if (!failure) {
        ++made_;
        if (++step_ == steps_per_epoch()) {
          step_ = 0;
          ++epoch_;
        }
      }
      changed_.notify_all();
    }
  }

  // Only this thread changes made_, epoch_ and step_ while it is busy.
  void make_batch(const BatchSlot& slot) {
    if (ordered_epoch_ != epoch_) {
      shuffle_order(settings_.seed, epoch_, order_);
      ordered_epoch_ = epoch_;
    }
    const int* batch = order_.data() + static_cast<std::size_t>(step_) * settings_.batch;
    kernels::with_storage(slot.type, [&](auto tag) {
      using T = typename decltype(tag)::type;
      pool_.run(settings_.batch, [&](int index, int) {
        const int image = batch[index], views = static_cast<int>(settings_.views.size());
        slot.labels[index] = images_.labels[image];
        for (int place = 0; place < views_in_batch(views, settings_.augmentation); ++place) {
          const int view = view_at(place, views, settings_.augmentation, settings_.seed,
                                   static_cast<std::uint32_t>(epoch_), image);
          T* out = static_cast<T*>(slot.images) +
                   (std::size_t(place) * settings_.batch + index) * images_.image_size();
          write_view(images_, image, settings_.views[view], view, settings_.augmentation,
                     normalization_, settings_.seed, epoch_, out);
        }
      });
    });
  }

  const Images& images_;
  const Normalization normalization_;
  const LoaderSettings settings_;
  const std::array<BatchSlot, 2> slots_;
  std::vector<int> order_;
  int ordered_epoch_ = -1;

  std::mutex mutex_;
  std::condition_variable changed_;
  int epoch_ = 0, step_ = 0;                  // of the batch to make next
  long made_ = 0, taken_ = 0, released_ = 0;  // batches since start()
  bool running_ = false, busy_ = false, ending_ = false;
  std::exception_ptr failure_;

  kernels::ThreadPool pool_;
  std::thread thread_;  // last: it uses all of the above
};

Loader::Loader(const Images& images, const Normalization& normalization,
               const LoaderSettings& settings, std::array<BatchSlot, 2> slots) {
  check_settings(images, settings, slots);
  worker_ = std::make_unique<Worker>(images, normalization, settings, slots);
}
Loader::~Loader() = default;

int Loader::steps_per_epoch() const { return worker_->steps_per_epoch(); }
void Loader::start(int epoch, int first_step) { worker_->start(epoch, first_step); }
int Loader::wait() { return worker_->wait(); }
void Loader::stop() { worker_->stop(); }

}  // namespace data
