// The module that holds SentencePiece; see piece_model.h for why it is one.
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <stdexcept>

#include "model/data/piece_model.h"

namespace limoe::model {
namespace {

void require(const sentencepiece::util::Status& status) {
  if (!status.ok()) {
    throw std::runtime_error(status.ToString());
  }
}

class SentenceList : public sentencepiece::SentenceIterator {
 public:
  explicit SentenceList(const std::vector<std::string>& sentences) : sentences_(sentences) {}
  bool done() const override { return next_ == sentences_.size(); }
  void Next() override { ++next_; }
  const std::string& value() const override { return sentences_[next_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& sentences_;
  std::size_t next_ = 0;
};

class LoadedModel : public PieceModel {
 public:
  explicit LoadedModel(const std::string& path) { require(processor_.Load(path)); }
  int size() const override { return processor_.GetPieceSize(); }
  int unknownId() const override { return processor_.unk_id(); }
  std::vector<int> encode(const std::string& text) const override {
    std::vector<int> ids;
    require(processor_.Encode(text, &ids));
    return ids;
  }
  std::string piece(int id) const override { return processor_.IdToPiece(id); }

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

std::string train(const std::vector<std::string>& sentences,
                  const std::unordered_map<std::string, std::string>& options) {
  SentenceList iterator(sentences);
  std::string bytes;
  require(sentencepiece::SentencePieceTrainer::Train(options, &iterator, &bytes));
  return bytes;
}

std::unique_ptr<PieceModel> load(const std::string& path) {
  return std::make_unique<LoadedModel>(path);
}

}  // namespace
}  // namespace limoe::model

extern "C" __attribute__((visibility("default"))) const limoe::model::PieceModelApi*
limoePieceModelApi() {
  static const limoe::model::PieceModelApi kApi = {limoe::model::train, limoe::model::load};
  return &kApi;
}
