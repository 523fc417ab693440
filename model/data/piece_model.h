// What is needed of SentencePiece, behind an interface without its headers: the implementation is
// a module that is loaded at run time, in a symbol scope of its own. Debian's libsentencepiece
// exports the symbols of an older protobuf than the one that LibTorch loads; linked into one
// program, one of them calls into the other and crashes before main().
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace limoe::model {

class PieceModel {
 public:
  virtual ~PieceModel() = default;
  virtual int size() const = 0;
  virtual int unknownId() const = 0;
  /// Throws std::runtime_error with SentencePiece's reason.
  virtual std::vector<int> encode(const std::string& text) const = 0;
  virtual std::string piece(int id) const = 0;
};

/// The module's entry: a table of functions, each throwing std::runtime_error with SentencePiece's
/// reason.
struct PieceModelApi {
  /// The bytes of a model trained on `sentences` with SentencePiece's training options.
  std::string (*train)(const std::vector<std::string>& sentences,
                       const std::unordered_map<std::string, std::string>& options);
  std::unique_ptr<PieceModel> (*load)(const std::string& path);
};

inline constexpr const char* kPieceModelModule = "liblimoe_sentencepiece.so";
inline constexpr const char* kPieceModelEntry = "limoePieceModelApi";
using PieceModelEntry = const PieceModelApi* (*)();

}  // namespace limoe::model
