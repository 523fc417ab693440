// Batches: their layout, their order, and threads that come to an end.
#include "model/data/batch_loader.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <opencv2/core.hpp>
#include <set>
#include <thread>

#include "temporary_folder.h"

namespace limoe::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Sample i is a picture in the colour i: the order of what the loader delivers can be read off it.
class Numbers : public Dataset {
 public:
  explicit Numbers(int64_t size) : size_(size) {}
  int64_t size() const override { return size_; }
  Sample sample(int64_t index) const override {
    if (index == failing) {
      throw std::runtime_error("sample " + std::to_string(index) + " is broken");
    }
    // Later samples may be ready first.
    std::this_thread::sleep_for(std::chrono::microseconds(index * 7919 % 300) + delay);
    ++drawn;
    return {cv::Mat(8, 8, CV_8UC3, cv::Scalar(static_cast<double>(index), 0, 255)),
            caption(index),
            {},
            "number"};
  }
  std::string caption(int64_t index) const override {
    return index % 2 == 0 ? "an even number" : "an odd number, said at length";
  }
  const std::vector<std::string>& labelNames() const override { return names_; }

  int64_t failing = -1;
  std::chrono::milliseconds delay{0};
  mutable std::atomic<int> drawn = 0;

 private:
  int64_t size_;
  std::vector<std::string> names_;
};

class BatchLoading : public testing::Test {
 protected:
  BatchLoading() {
    model_.image_size = 8;
    model_.text_length = 6;
    Tokenizer::train({"an even number", "an odd number, said at length"}, 64, folder_ / "t.model");
    tokenizer_ = std::make_unique<Tokenizer>(folder_ / "t.model");
  }

  static std::vector<int64_t> numbersIn(const Batch& batch) {
    std::vector<int64_t> numbers;
    for (std::size_t i = 0; i < batch.images.size(); i += 3 * 8 * 8) {
      numbers.push_back(std::lround((batch.images[i] + 1) * 127.5));
    }
    return numbers;
  }

  std::vector<int64_t> deliver(const Dataset& data, int64_t threads, int64_t first, int64_t count,
                               int64_t seed = 1) {
    BatchLoader loader(data, *tokenizer_, model_, 8, seed, threads, first);
    std::vector<int64_t> all;
    for (int64_t i = 0; i < count; ++i) {
      const Batch batch = loader.next();
      EXPECT_EQ(batch.index, first + i);
      EXPECT_EQ(batch.pairs, 8);
      const std::vector<int64_t> numbers = numbersIn(batch);
      all.insert(all.end(), numbers.begin(), numbers.end());
    }
    return all;
  }

  TemporaryFolder folder_;
  ModelConfig model_;
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(BatchLoading, LaysOutPixelsAndTokens) {
  model_.image_size = 2;
  // Two pixels above two; red, green, blue.
  const cv::Mat image = (cv::Mat_<cv::Vec3b>(2, 2) << cv::Vec3b(0, 255, 51), cv::Vec3b(255, 0, 51),
                         cv::Vec3b(0, 0, 51), cv::Vec3b(102, 0, 51));
  const std::vector<Sample> samples = {{image, "an even number", {}, "a"},
                                       {image, "an odd number, said at length", {}, "b"}};
  const Batch batch = makeBatch(samples, *tokenizer_, model_);
  EXPECT_EQ(batch.pairs, 2);
  ASSERT_EQ(batch.images.size(), 2U * 3 * 2 * 2);
  const float low = static_cast<float>(51 / 127.5 - 1);       // −0.6
  const float other = static_cast<float>(102 / 127.5 - 1);    // −0.2
  const std::vector<float> expected = {-1,  1,   -1,  other,  // red
                                       1,   -1,  -1,  -1,     // green
                                       low, low, low, low};
  EXPECT_THAT(std::vector<float>(batch.images.begin(), batch.images.begin() + 12),
              testing::Pointwise(testing::FloatEq(), expected));
  EXPECT_THAT(std::vector<float>(batch.images.begin() + 12, batch.images.end()),
              testing::Pointwise(testing::FloatEq(), expected));

  const std::vector<int64_t> first = tokenizer_->encode("an even number", 6);
  ASSERT_LT(first.size(), 6U);  // so that there is padding
  ASSERT_EQ(batch.token_ids.size(), 12U);
  ASSERT_EQ(batch.token_mask.size(), 12U);
  for (std::size_t t = 0; t < 6; ++t) {
    const bool valid = t < first.size();
    EXPECT_EQ(batch.token_mask[t], valid ? 1 : 0);
    EXPECT_EQ(batch.token_ids[t], valid ? first[t] : 0);
  }
  EXPECT_EQ(std::vector<int64_t>(batch.token_ids.begin() + 6, batch.token_ids.end()),
            tokenizer_->encode("an odd number, said at length", 6));
}

TEST_F(BatchLoading, RefusesAnImageOfAnotherSize) {
  const std::vector<Sample> samples = {{cv::Mat::zeros(9, 8, CV_8UC3), "a", {}, "kitten.png"}};
  try {
    makeBatch(samples, *tokenizer_, model_);
    FAIL() << "nothing was thrown";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("kitten.png"));
  }
}

TEST(BatchIndices, EpochsArePermutations) {
  for (const int64_t size : {8, 9, 37, 256, 1000}) {
    std::set<std::vector<int64_t>> orders;
    const int64_t per_epoch = size / 8;
    for (int64_t epoch = 0; epoch < 4; ++epoch) {
      std::vector<int64_t> order;
      for (int64_t batch = 0; batch < per_epoch; ++batch) {
        const auto indices = batchIndices(epoch * per_epoch + batch, 8, size, 3);
        order.insert(order.end(), indices.begin(), indices.end());
      }
      orders.insert(order);
      std::set<int64_t> unique(order.begin(), order.end());
      EXPECT_EQ(unique.size(), static_cast<std::size_t>(per_epoch * 8));  // none twice
      EXPECT_GE(*unique.begin(), 0);
      EXPECT_LT(*unique.rbegin(), size);
    }
    EXPECT_EQ(orders.size(), 4U);  // every epoch another order
  }
}

TEST(BatchIndices, AreMixedWell) {
  // A batch of consecutive samples, or one epoch like the next, would bias the training.
  std::vector<int64_t> order;
  for (int64_t batch = 0; batch < 125; ++batch) {
    const auto indices = batchIndices(batch, 8, 1000, 0);
    order.insert(order.end(), indices.begin(), indices.end());
  }
  int neighbours = 0;
  double correlation = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    neighbours += i > 0 && std::abs(order[i] - order[i - 1]) == 1 ? 1 : 0;
    correlation += (static_cast<double>(i) - 499.5) * (static_cast<double>(order[i]) - 499.5);
  }
  EXPECT_LT(neighbours, 12);                                          // 2 are expected
  EXPECT_LT(std::abs(correlation / (1000.0 * 999999.0 / 12)), 0.13);  // 4 standard deviations
}

TEST(BatchIndices, DependOnTheSeed) {
  EXPECT_EQ(batchIndices(5, 8, 1000, 3), batchIndices(5, 8, 1000, 3));
  EXPECT_NE(batchIndices(5, 8, 1000, 3), batchIndices(5, 8, 1000, 4));
}

TEST(BatchIndices, RefuseTooFewSamples) {
  EXPECT_THROW(batchIndices(0, 8, 7, 0), std::invalid_argument);
  EXPECT_THROW(batchIndices(0, 0, 7, 0), std::invalid_argument);
  EXPECT_THROW(batchIndices(-1, 8, 9, 0), std::invalid_argument);
  EXPECT_NO_THROW(batchIndices(0, 8, 8, 0));
}

TEST_F(BatchLoading, OrderDoesNotDependOnTheThreads) {
  const Numbers data(200);
  const std::vector<int64_t> one = deliver(data, 1, 0, 30);
  EXPECT_EQ(deliver(data, 2, 0, 30), one);
  EXPECT_EQ(deliver(data, 5, 0, 30), one);
  EXPECT_NE(deliver(data, 2, 0, 30, 2), one);  // another seed
  std::vector<int64_t> expected;
  for (int64_t batch = 0; batch < 30; ++batch) {
    const auto indices = batchIndices(batch, 8, 200, 1);
    expected.insert(expected.end(), indices.begin(), indices.end());
  }
  EXPECT_EQ(one, expected);
}

TEST_F(BatchLoading, ResumesInTheMiddle) {
  const Numbers data(200);
  const std::vector<int64_t> all = deliver(data, 2, 0, 40);
  const std::vector<int64_t> late = deliver(data, 2, 23, 17);
  EXPECT_EQ(late, std::vector<int64_t>(all.begin() + 23 * 8, all.end()));
}

TEST_F(BatchLoading, RunsAheadOnlySoFar) {
  const Numbers data(200);
  BatchLoader loader(data, *tokenizer_, model_, 8, 1, 2, 0);
  for (int i = 0; i < 1000 && data.drawn < 4 * 8; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // time for a batch too many
  EXPECT_EQ(data.drawn, 4 * 8);                                 // a queue of four batches
  const double before = loader.waitedSeconds();
  loader.next();  // was ready
  EXPECT_EQ(loader.waitedSeconds(), before);
}

TEST_F(BatchLoading, TellsHowLongTheTrainingWaited) {
  Numbers data(200);
  data.delay = std::chrono::milliseconds(5);
  BatchLoader loader(data, *tokenizer_, model_, 8, 1, 1, 0);
  loader.next();
  EXPECT_GT(loader.waitedSeconds(), 0.02);  // eight samples of 5 ms
  EXPECT_LT(loader.waitedSeconds(), 5.0);
}

TEST_F(BatchLoading, FailureReachesNextInItsTurn) {
  for (const int64_t threads : {1, 3}) {
    Numbers data(200);
    data.failing = batchIndices(2, 8, 200, 1)[4];
    BatchLoader loader(data, *tokenizer_, model_, 8, 1, threads, 0);
    EXPECT_EQ(loader.next().index, 0);
    EXPECT_EQ(loader.next().index, 1);
    for (int attempt = 0; attempt < 2; ++attempt) {
      try {
        loader.next();
        FAIL() << "nothing was thrown";
      } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("is broken"));
      }
    }
  }
}

TEST_F(BatchLoading, StopsWithoutHanging) {
  Numbers data(200);
  data.delay = std::chrono::milliseconds(20);
  const auto start = std::chrono::steady_clock::now();
  for (const int64_t threads : {1, 4}) {
    { BatchLoader never_asked(data, *tokenizer_, model_, 8, 1, threads, 0); }
    BatchLoader asked_once(data, *tokenizer_, model_, 8, 1, threads, 0);
    asked_once.next();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST_F(BatchLoading, RefusesToStartOnBadSizes) {
  const Numbers data(7);
  EXPECT_THROW(BatchLoader(data, *tokenizer_, model_, 8, 1, 1, 0), std::invalid_argument);
  EXPECT_THROW(BatchLoader(data, *tokenizer_, model_, 4, 1, 0, 0), std::invalid_argument);
}

}  // namespace
}  // namespace limoe::model
