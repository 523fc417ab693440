#include "model/data/batch_loader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "model/data/counter_random.h"

namespace limoe::model {
namespace {

// Enough to ride out a slow batch; at 96 pixels and 32 pairs they hold 14 MB.
constexpr int64_t kQueuedBatches = 4;

// Place `index` of a pseudo-random permutation of [0, size) in constant time and memory: a Feistel
// network on the next even number of bits, walked until it lands inside (Black and Rogaway 2002).
int64_t permuted(int64_t index, int64_t size, uint64_t key) {
  const auto bits = std::bit_width(static_cast<uint64_t>(size - 1));
  const auto half_bits = std::max<unsigned>(1, (static_cast<unsigned>(bits) + 1) / 2);
  const uint64_t mask = (uint64_t{1} << half_bits) - 1;
  auto value = static_cast<uint64_t>(index);
  do {
    uint64_t left = value >> half_bits;
    uint64_t right = value & mask;
    for (uint64_t round = 0; round < 6; ++round) {
      left ^= mixBits(key ^ mixBits(right ^ (round << 56U))) & mask;
      std::swap(left, right);
    }
    value = (left << half_bits) | right;
  } while (value >= static_cast<uint64_t>(size));
  return static_cast<int64_t>(value);
}

// x / 127.5 − 1 for every byte, as MODEL's input convention has it.
std::array<float, 256> normalizedBytes() {
  std::array<float, 256> table{};
  for (std::size_t value = 0; value < table.size(); ++value) {
    table[value] = static_cast<float>(static_cast<double>(value) / 127.5 - 1.0);
  }
  return table;
}

// Writes image [H, W, 3] to `out` as [3, H, W].
void copyImage(const cv::Mat& image, float* out) {
  static const std::array<float, 256> kNormalized = normalizedBytes();
  const auto plane = static_cast<std::ptrdiff_t>(image.total());
  for (int y = 0; y < image.rows; ++y) {
    const uint8_t* row = image.ptr<uint8_t>(y);
    float* red = out + static_cast<std::ptrdiff_t>(y) * image.cols;
    for (int x = 0; x < image.cols; ++x) {
      red[x] = kNormalized[row[3 * x]];
      red[x + plane] = kNormalized[row[3 * x + 1]];
      red[x + 2 * plane] = kNormalized[row[3 * x + 2]];
    }
  }
}

}  // namespace

Batch makeBatch(const std::vector<Sample>& samples, const Tokenizer& tokenizer,
                const ModelConfig& model) {
  const auto pairs = samples.size();
  const auto image_values = static_cast<std::size_t>(3 * model.image_size * model.image_size);
  const auto text_length = static_cast<std::size_t>(model.text_length);
  Batch batch;
  batch.pairs = static_cast<int64_t>(pairs);
  batch.images.resize(pairs * image_values);
  batch.token_ids.resize(pairs * text_length);
  batch.token_mask.resize(pairs * text_length);
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const Sample& sample = samples[pair];
    if (sample.image.type() != CV_8UC3 || sample.image.rows != model.image_size ||
        sample.image.cols != model.image_size) {
      throw std::invalid_argument(sample.source + ": the image is " +
                                  std::to_string(sample.image.cols) + "×" +
                                  std::to_string(sample.image.rows) + " pixels of type " +
                                  cv::typeToString(sample.image.type()) + ", but the model needs " +
                                  std::to_string(model.image_size) + "² of CV_8UC3");
    }
    copyImage(sample.image, batch.images.data() + pair * image_values);
    const std::vector<int64_t> ids = tokenizer.encode(sample.caption, model.text_length);
    const auto offset = static_cast<std::ptrdiff_t>(pair * text_length);
    std::copy(ids.begin(), ids.end(), batch.token_ids.begin() + offset);
    std::fill_n(batch.token_mask.begin() + offset, ids.size(), uint8_t{1});
  }
  return batch;
}

std::vector<int64_t> batchIndices(int64_t batch_index, int64_t batch_size, int64_t dataset_size,
                                  int64_t seed) {
  if (batch_index < 0 || batch_size < 1 || dataset_size < batch_size) {
    throw std::invalid_argument("cannot make batch " + std::to_string(batch_index) + " of " +
                                std::to_string(batch_size) + " pairs from a data set of " +
                                std::to_string(dataset_size) + " samples");
  }
  const int64_t batches_per_epoch = dataset_size / batch_size;
  const int64_t epoch = batch_index / batches_per_epoch;
  const int64_t first = batch_index % batches_per_epoch * batch_size;
  const uint64_t key = mixBits(mixBits(static_cast<uint64_t>(seed)) + static_cast<uint64_t>(epoch));
  std::vector<int64_t> indices(static_cast<std::size_t>(batch_size));
  for (int64_t i = 0; i < batch_size; ++i) {
    indices[static_cast<std::size_t>(i)] = permuted(first + i, dataset_size, key);
  }
  return indices;
}

struct BatchLoader::State {
  const Dataset& dataset;
  const Tokenizer& tokenizer;
  const ModelConfig model;
  const int64_t batch_size;
  const int64_t seed;
  const int64_t queue_length;

  std::mutex mutex;                            // guards what follows
  std::condition_variable_any batch_is_ready;  // or failed
  std::condition_variable_any room_in_queue;
  std::map<int64_t, Batch> ready;  // by batch number
  std::map<int64_t, std::exception_ptr> failed;
  int64_t next_to_prepare;
  int64_t next_to_deliver;
  double waited_seconds = 0;
  std::vector<std::jthread> threads;  // last: they end before what they use does

  State(const Dataset& data, const Tokenizer& tokens, const ModelConfig& model_config,
        int64_t pairs, int64_t order_seed, int64_t thread_count, int64_t first_batch)
      : dataset(data),
        tokenizer(tokens),
        model(model_config),
        batch_size(pairs),
        seed(order_seed),
        queue_length(std::max(kQueuedBatches, thread_count)),
        next_to_prepare(first_batch),
        next_to_deliver(first_batch) {}

  Batch prepare(int64_t index, const std::stop_token& stop) const;
  void work(const std::stop_token& stop);
};

Batch BatchLoader::State::prepare(int64_t index, const std::stop_token& stop) const {
  std::vector<Sample> samples;
  samples.reserve(static_cast<std::size_t>(batch_size));
  for (const int64_t sample : batchIndices(index, batch_size, dataset.size(), seed)) {
    if (stop.stop_requested()) {
      return {};
    }
    samples.push_back(dataset.sample(sample));
  }
  Batch batch = makeBatch(samples, tokenizer, model);
  batch.index = index;
  return batch;
}

void BatchLoader::State::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  while (room_in_queue.wait(lock, stop, [this] {
    return failed.empty() && next_to_prepare < next_to_deliver + queue_length;
  })) {
    const int64_t index = next_to_prepare++;
    lock.unlock();
    Batch batch;
    std::exception_ptr error;
    try {
      batch = prepare(index, stop);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error) {
      failed.emplace(index, error);
    } else {
      ready.emplace(index, std::move(batch));
    }
    batch_is_ready.notify_all();
  }
}

BatchLoader::BatchLoader(const Dataset& dataset, const Tokenizer& tokenizer,
                         const ModelConfig& model, int64_t batch_size, int64_t seed,
                         int64_t threads, int64_t first_batch) {
  if (threads < 1) {
    throw std::invalid_argument("the loader needs at least 1 thread, not " +
                                std::to_string(threads));
  }
  // Faults in the sizes are the caller's: reported here instead of in a thread.
  batchIndices(first_batch, batch_size, dataset.size(), seed);
  state_ =
      std::make_unique<State>(dataset, tokenizer, model, batch_size, seed, threads, first_batch);
  for (int64_t i = 0; i < threads; ++i) {
    state_->threads.emplace_back(
        [state = state_.get()](const std::stop_token& stop) { state->work(stop); });
  }
}

BatchLoader::~BatchLoader() {
  for (std::jthread& thread : state_->threads) {
    thread.request_stop();
  }
}

Batch BatchLoader::next() {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const int64_t index = state.next_to_deliver;
  const auto available = [&] {
    return state.ready.contains(index) || state.failed.contains(index);
  };
  if (!available()) {
    const auto start = std::chrono::steady_clock::now();
    state.batch_is_ready.wait(lock, available);
    state.waited_seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  if (const auto failure = state.failed.find(index); failure != state.failed.end()) {
    std::rethrow_exception(failure->second);
  }
  Batch batch = std::move(state.ready.extract(index).mapped());
  ++state.next_to_deliver;
  lock.unlock();
  state.room_in_queue.notify_one();
  return batch;
}

double BatchLoader::waitedSeconds() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waited_seconds;
}

}  // namespace limoe::model
