#include "data/synthetic.h"

#include "test/support/catch.h"

using namespace data;

TEST_CASE("the built-in data set is a function of its seed, for any number of threads") {
  const Dataset one = make_synthetic(7, 1), three = make_synthetic(7, 3);
  CHECK(one.train.pixels == three.train.pixels);
  CHECK(one.test.pixels == three.test.pixels);
  CHECK(one.train.labels == three.train.labels);
  CHECK(make_synthetic(8, 2).train.pixels != one.train.pixels);
  CHECK(load_dataset("synthetic", "", 7).test.pixels == one.test.pixels);
}

TEST_CASE("the built-in data set is balanced, and no image is there twice") {
  const Dataset dataset = make_synthetic(0, 2);
  CHECK(dataset.class_names.size() == 10);
  CHECK(dataset.class_names[0] == "striped disc");
  for (const Images* images : {&dataset.train, &dataset.test}) {
    CHECK(images->pixels.size() == images->count * images->image_size());
    std::vector<int> times(10);
    for (const int label : images->labels) ++times.at(label);
    for (const int count : times) CHECK(count == images->count / 10);
  }
  CHECK(dataset.train.count == kSyntheticTrain);
  CHECK(dataset.test.count == kSyntheticTest);
  const auto first = [](const Images& images, int index) {
    return std::vector(images.image(index), images.image(index) + images.image_size());
  };
  CHECK(first(dataset.train, 0) != first(dataset.test, 0));
  CHECK(first(dataset.train, 0) != first(dataset.train, 10));
}

TEST_CASE("colour does not tell the classes of the built-in data set apart") {
  const Dataset dataset = make_synthetic(0, 2);
  std::vector<double> sums(30);
  for (int i = 0; i < dataset.train.count; ++i)
    for (int p = 0; p < 32 * 32; ++p)
      for (int c = 0; c < 3; ++c)
        sums[dataset.train.labels[i] * 3 + c] += dataset.train.image(i)[p * 3 + c];
  for (double& sum : sums) sum /= 1024.0 * dataset.train.count / 10;
  for (int label = 0; label < 10; ++label)
    for (int c = 0; c < 3; ++c) CHECK(std::abs(sums[label * 3 + c] - sums[c]) < 10);
}
