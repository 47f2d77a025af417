#include "aux_training/evaluation/evaluate_sets.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "aux_training/evaluation/pieces_ahead.h"
#include "kernels/base/check.h"
#include "test/aux_training/small_run.h"
#include "test/data/some_images.h"
#include "test/support/catch.h"
#include "test/support/contains.h"

namespace {

using namespace aux_training;
using test_support::contains;

// Two classifiers that have been trained for a moment, in memory.
struct TwoModels {
  test::TemporaryRuns runs;
  kernels::ThreadPool pool{2};
  std::vector<Model> models;
  std::vector<std::unique_ptr<Evaluator>> evaluators;
  std::vector<Candidate> candidates;

  TwoModels() {
    for (const int seed : {1, 2}) {
      test::Training training;
      training.recipe.seed = static_cast<std::uint64_t>(seed);
      training.recipe.schedule = {.epochs = 1, .milestones = {}};
      training.recipe.method.stage2_epoch = 0;
      const RunFolder folder = runs.make(std::to_string(seed));
      REQUIRE(training.run(folder) == 0);
      models.push_back(load_model(folder.path().string()));
      evaluators.push_back(std::make_unique<Evaluator>(pool, engine::Type::Float, models.back()));
      candidates.push_back({evaluators.back().get(), models.back().description.normalization});
    }
  }
};

// Pixel values say which set and image they are of.
ImageSet marked_set(int set, std::atomic<int>& writes) {
  return {std::to_string(set),
          [set, &writes](int first, int count, kernels::ThreadPool& pool, std::uint8_t* out) {
            ++writes;
            pool.run(count, [&](int i, int) {
              out[3 * i] = static_cast<std::uint8_t>(set);
              out[3 * i + 1] = static_cast<std::uint8_t>((first + i) % 251);
              out[3 * i + 2] = static_cast<std::uint8_t>((first + i) / 251);
            });
          }};
}

}  // namespace

TEST_CASE("pieces ahead: every image of every set, in order") {
  const TestSet test{.count = 700, .height = 1, .width = 1, .classes = 2, .labels = {}};
  std::atomic<int> writes = 0;
  const std::vector<ImageSet> sets{marked_set(0, writes), marked_set(1, writes),
                                   marked_set(2, writes)};
  PiecesAhead pieces(test, sets, /*batch=*/16, /*threads=*/2);
  std::size_t set = 0;
  int next = 0;
  while (const Piece* piece = pieces.next()) {
    REQUIRE(piece->set == set);
    REQUIRE(piece->first == next);
    CHECK((piece->count % 16 == 0 || piece->first + piece->count == test.count));
    for (int i = 0; i < piece->count; ++i) {
      REQUIRE(piece->pixels[std::size_t(3 * i)] == set);
      REQUIRE(piece->pixels[std::size_t(3 * i + 1)] + 251 * piece->pixels[std::size_t(3 * i + 2)] ==
              next + i);
    }
    next += piece->count;
    if (next < test.count) continue;
    next = 0;
    ++set;
  }
  CHECK(set == 3);
  CHECK(pieces.next() == nullptr);
}

TEST_CASE("pieces ahead: two at most are made before they are asked for") {
  const TestSet test{.count = 16 * 8 * 10, .height = 1, .width = 1, .classes = 2, .labels = {}};
  std::atomic<int> writes = 0;
  const std::vector<ImageSet> sets{marked_set(0, writes)};
  PiecesAhead pieces(test, sets, 16, 1);
  const auto settle = [&](int expected) {
    while (writes < expected) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(writes == expected);
  };
  settle(2);
  REQUIRE(pieces.next());
  settle(2);  // the first is being looked at
  REQUIRE(pieces.next());
  settle(3);
}  // and those left are not waited for

TEST_CASE("pieces ahead: what goes wrong is thrown in its place") {
  const TestSet test{.count = 20, .height = 1, .width = 1, .classes = 2, .labels = {}};
  std::atomic<int> writes = 0;
  const std::vector<ImageSet> sets{
      marked_set(0, writes), {"broken", [](int, int, kernels::ThreadPool& pool, std::uint8_t*) {
                                pool.run(4, [](int i, int) {
                                  if (i == 3) throw kernels::Error("fog.npy: cannot read");
                                });
                              }}};
  PiecesAhead pieces(test, sets, 16, 2);
  REQUIRE(pieces.next());
  CHECK_THROWS_WITH(pieces.next(), contains("fog.npy: cannot read"));
  CHECK_THROWS_WITH(pieces.next(), contains("fog.npy: cannot read"));
}

TEST_CASE("evaluating sets: each model as by itself, on images made once") {
  TwoModels two;
  const data::Dataset dataset = test::small_dataset({.train = 10, .test = 1300});
  const TestSet test = test_set(dataset.test);
  std::vector<ImageSet> sets{clean_set(dataset.test)};
  for (const data::View& view : data::default_views())
    if (view.corruption != data::Corruption::None) sets.push_back(view_set(dataset.test, view, 7));
  std::atomic<long> made = 0;
  for (ImageSet& set : sets)
    set.write = [&made, write = set.write](int first, int count, auto& pool, auto* out) {
      made += count;
      write(first, count, pool, out);
    };
  std::vector<long> progress;
  const SetErrors errors =
      evaluate_sets(two.candidates, test, sets, 2, [&](long seen) { progress.push_back(seen); });
  CHECK(made == 5 * 1300);
  CHECK(progress.back() == 5 * 1300);
  REQUIRE(errors.size() == 5);
  const std::vector<data::View> views = data::default_views();
  for (std::size_t m = 0; m < 2; ++m)
    for (std::size_t set = 0; set < 5; ++set) {
      const Errors alone =
          two.evaluators[m]->evaluate(dataset.test, dataset.normalization, views[set], 7);
      REQUIRE(errors[set][m].size() == 1);
      CHECK(errors[set][m][0].images == 1300);
      CHECK(errors[set][m][0].top1 == alone.top1);
      CHECK(errors[set][m][0].top5 == alone.top5);
      CHECK((alone.top1 > 0 && alone.top1 < 1300));
    }
  CHECK(errors[0][0][0].top1 != errors[0][1][0].top1);  // two that can be told apart
}

TEST_CASE("evaluating sets: images that do not fit a model are refused") {
  TwoModels two;
  const data::Images images = test::random_images(4, 8, 8);
  CHECK_THROWS_WITH(
      evaluate_sets(two.candidates, test_set(images), {clean_set(images)}, 1, [](long) {}),
      contains("takes 16x16 images of 10 classes, the data set has 8x8"));
}
