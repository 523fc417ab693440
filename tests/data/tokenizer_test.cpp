// Captions to ids and back.
#include "model/data/tokenizer.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "model/data/dataset.h"
#include "temporary_folder.h"

namespace limoe::model {
namespace {

using testing::HasSubstr;

std::vector<std::string> captions(int64_t count, Part part = Part::Train) {
  const auto data = openDataset({}, ModelConfig{}, part);
  std::vector<std::string> all;
  for (int64_t i = 0; i < count; ++i) {
    all.push_back(data->caption(i));
  }
  return all;
}

std::string bytesOf(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename Function>
std::string messageOf(Function&& function) {
  try {
    function();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Tokenizer, SameCaptionsGiveTheSameFile) {
  const TemporaryFolder folder;
  Tokenizer::train(captions(2000), 512, folder / "a.model");
  Tokenizer::train(captions(2000), 512, folder / "b.model");
  EXPECT_GT(bytesOf(folder / "a.model").size(), 1000U);
  EXPECT_EQ(bytesOf(folder / "a.model"), bytesOf(folder / "b.model"));
}

TEST(Tokenizer, PiecesSpellTheCaption) {
  const TemporaryFolder folder;
  Tokenizer::train(captions(5000), 512, folder / "t.model");
  const Tokenizer tokenizer(folder / "t.model");
  EXPECT_LE(tokenizer.vocabSize(), 512);
  for (const std::string& caption : captions(300, Part::HeldOut)) {
    std::string text;
    for (const int64_t id : tokenizer.encode(caption, 1000)) {
      ASSERT_GE(id, 0);
      ASSERT_LT(id, tokenizer.vocabSize());
      text += tokenizer.piece(id);
    }
    const std::string space = "\u2581";
    for (auto at = text.find(space); at != std::string::npos; at = text.find(space)) {
      text.replace(at, space.size(), " ");
    }
    EXPECT_EQ(text, " " + caption);
  }
}

TEST(Tokenizer, CaptionsFitTheTinyPreset) {
  const TemporaryFolder folder;
  Tokenizer::train(captions(5000), 512, folder / "t.model");
  const Tokenizer tokenizer(folder / "t.model");
  int too_long = 0;
  for (const std::string& caption : captions(1000, Part::HeldOut)) {
    too_long += tokenizer.encode(caption, 1000).size() > 24 ? 1 : 0;
  }
  EXPECT_LT(too_long, 10);
}

TEST(Tokenizer, WordsAreWhole) {
  const TemporaryFolder folder;
  Tokenizer::train(captions(5000), 512, folder / "t.model");
  const Tokenizer tokenizer(folder / "t.model");
  const auto ids = tokenizer.encode("a yellow house left of a pine tree", 100);
  ASSERT_EQ(ids.size(), 8U);  // as many as words
  EXPECT_EQ(tokenizer.piece(ids[1]), "\u2581yellow");
}

TEST(Tokenizer, CutsAndIsNeverEmpty) {
  const TemporaryFolder folder;
  Tokenizer::train(captions(2000), 512, folder / "t.model");
  const Tokenizer tokenizer(folder / "t.model");
  const std::string caption = "a red car and a yellow house on snow at night";
  const auto all = tokenizer.encode(caption, 100);
  const auto cut = tokenizer.encode(caption, 5);
  ASSERT_GT(all.size(), 5U);
  EXPECT_EQ(cut, std::vector<int64_t>(all.begin(), all.begin() + 5));
  EXPECT_EQ(tokenizer.encode("", 24).size(), 1U);
  EXPECT_EQ(tokenizer.encode("   ", 24).size(), 1U);
  EXPECT_GE(tokenizer.encode("\u732b", 24).size(), 1U);  // a character no caption had
  EXPECT_THROW(tokenizer.encode(caption, 0), std::invalid_argument);
  EXPECT_THROW(tokenizer.piece(-1), std::out_of_range);
  EXPECT_THROW(tokenizer.piece(tokenizer.vocabSize()), std::out_of_range);
}

TEST(Tokenizer, ErrorsNameTheFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(messageOf([&] { Tokenizer(folder / "missing.model"); }), HasSubstr("missing.model"));
  std::ofstream(folder / "text.model") << "this is no tokenizer\n";
  EXPECT_THAT(messageOf([&] { Tokenizer(folder / "text.model"); }), HasSubstr("text.model"));
  std::ofstream(folder / "empty.model").flush();
  EXPECT_THAT(messageOf([&] { Tokenizer(folder / "empty.model"); }), HasSubstr("empty.model"));
  EXPECT_THAT(messageOf([&] { Tokenizer::train(captions(500), 512, folder / "no/such.model"); }),
              HasSubstr("such.model"));
  EXPECT_THAT(messageOf([&] { Tokenizer::train(captions(500), 10, folder / "small.model"); }),
              testing::AllOf(HasSubstr("small.model"), HasSubstr("vocab_size 10")));
  EXPECT_THAT(messageOf([&] { Tokenizer::train({}, 512, folder / "none.model"); }),
              HasSubstr("none.model"));
}

TEST(Tokenizer, TruncatedModelIsRefused) {
  const TemporaryFolder folder;
  Tokenizer::train(captions(500), 512, folder / "t.model");
  const std::string bytes = bytesOf(folder / "t.model");
  std::ofstream(folder / "cut.model", std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  EXPECT_THAT(messageOf([&] { Tokenizer(folder / "cut.model"); }), HasSubstr("cut.model"));
}

}  // namespace
}  // namespace limoe::model
