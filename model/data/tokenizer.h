// SentencePiece (unigram; Kudo 2018): captions to token ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace limoe::model {

class Tokenizer {
 public:
  /// Trains on `captions` and writes the model to `path`. The vocabulary has at most `vocab_size`
  /// pieces (fewer where the captions do not give as many): 0 is padding, 1 unknown, the rest text.
  /// The same captions give the same file.
  /// Throws std::runtime_error with the file and SentencePiece's reason.
  static void train(const std::vector<std::string>& captions, int64_t vocab_size,
                    const std::filesystem::path& path);

  /// Loads a SentencePiece model. Throws std::runtime_error naming the file.
  explicit Tokenizer(const std::filesystem::path& path);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  int64_t vocabSize() const;
  /// Ids of `text`, the first `length` of them; never empty (a text without pieces gives one
  /// unknown token). Safe from several threads. Throws std::invalid_argument where length < 1.
  std::vector<int64_t> encode(const std::string& text, int64_t length) const;
  /// The piece behind an id, with SentencePiece's "▁" for a space. Throws std::out_of_range.
  std::string piece(int64_t id) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limoe::model
