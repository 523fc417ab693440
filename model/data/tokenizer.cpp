#include "model/data/tokenizer.h"

#include <dlfcn.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "model/data/piece_model.h"

namespace limoe::model {
namespace {

/// dlopen(), or, in sanitizer builds, the C library's own: the sanitizers' replacement refuses
/// RTLD_DEEPBIND, without which the module would find the other protobuf's symbols.
auto dynamicOpen() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  void* c_library = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
  return reinterpret_cast<decltype(&dlopen)>(dlsym(c_library, "dlopen"));
#else
  return &dlopen;
#endif
}

const PieceModelApi& sentencePiece() {
  static const PieceModelApi* const kApi = [] {
    void* module = dynamicOpen()(kPieceModelModule, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    void* entry = module == nullptr ? nullptr : dlsym(module, kPieceModelEntry);
    if (entry == nullptr) {
      throw std::runtime_error(std::string("the tokenizer module cannot be loaded; it belongs "
                                           "beside the program: ") +
                               dlerror());
    }
    return reinterpret_cast<PieceModelEntry>(entry)();
  }();
  return *kApi;
}

// The captions, and every word of theirs once more with a comma behind it. SentencePiece takes into
// account only what occurs in at least two different words, so without this a word that has no
// relatives among the captions ("yellow") would be spelt letter by letter.
std::vector<std::string> trainingSentences(const std::vector<std::string>& captions) {
  std::set<std::string> words;
  for (const std::string& caption : captions) {
    std::istringstream stream(caption);
    for (std::string word; stream >> word;) {
      words.insert(word + ",");
    }
  }
  std::vector<std::string> sentences = captions;
  sentences.insert(sentences.end(), words.begin(), words.end());
  return sentences;
}

}  // namespace

struct Tokenizer::State {
  std::unique_ptr<PieceModel> model;
};

void Tokenizer::train(const std::vector<std::string>& captions, int64_t vocab_size,
                      const std::filesystem::path& path) {
  const std::unordered_map<std::string, std::string> options = {
      {"model_type", "unigram"},
      {"vocab_size", std::to_string(vocab_size)},
      {"hard_vocab_limit", "false"},
      {"character_coverage", "1.0"},
      {"num_threads", "1"},  // sums over threads would depend on their order
      {"pad_id", "0"},
      {"unk_id", "1"},
      {"bos_id", "-1"},
      {"eos_id", "-1"},
      {"minloglevel", "2"}};
  std::string bytes;
  try {
    bytes = sentencePiece().train(trainingSentences(captions), options);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error("cannot train the tokenizer " + path.string() + " on " +
                             std::to_string(captions.size()) + " captions with vocab_size " +
                             std::to_string(vocab_size) + ": " + error.what());
  }
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) {
    throw std::runtime_error("cannot write the tokenizer to " + path.string() +
                             ": check that the folder exists, may be written and has room");
  }
}

Tokenizer::Tokenizer(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    throw std::runtime_error("no tokenizer at " + path.string() +
                             ": expected a SentencePiece model file");
  }
  try {
    state_->model = sentencePiece().load(path.string());
  } catch (const std::runtime_error& failure) {
    throw std::runtime_error(path.string() + " is not a readable SentencePiece model (" +
                             failure.what() + ")");
  }
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

int64_t Tokenizer::vocabSize() const {
  return state_->model->size();
}

std::vector<int64_t> Tokenizer::encode(const std::string& text, int64_t length) const {
  if (length < 1) {
    throw std::invalid_argument("Tokenizer::encode: length is " + std::to_string(length) +
                                ", must be at least 1");
  }
  std::vector<int> ids = state_->model->encode(text);
  if (ids.empty()) {
    ids.push_back(state_->model->unknownId());
  }
  const auto count = std::min<std::size_t>(ids.size(), static_cast<std::size_t>(length));
  return {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count)};
}

std::string Tokenizer::piece(int64_t id) const {
  if (id < 0 || id >= vocabSize()) {
    throw std::out_of_range("Tokenizer::piece: no piece " + std::to_string(id) +
                            " in a vocabulary of " + std::to_string(vocabSize()));
  }
  return state_->model->piece(static_cast<int>(id));
}

}  // namespace limoe::model
