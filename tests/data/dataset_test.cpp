// The data set as its users see it: always the same, parts that share nothing, labels for all.
#include "model/data/dataset.h"

#include <gmock/gmock.h>

#include <map>
#include <opencv2/core.hpp>
#include <set>
#include <thread>

namespace limoe::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ModelConfig modelOf(int64_t image_size, int64_t patch_size) {
  ModelConfig model;
  model.image_size = image_size;
  model.patch_size = patch_size;
  return model;
}

bool sameImage(const cv::Mat& a, const cv::Mat& b) {
  return cv::norm(a, b, cv::NORM_INF) == 0;
}

TEST(MajorityPatchLabels, CountsByHand) {
  const cv::Mat labels = (cv::Mat_<uint16_t>(4, 4) << 7, 7, 3, 1,  //
                          7, 2, 1, 3,                              //
                          9, 8, 500, 500,                          //
                          8, 9, 500, 4);
  // 7 three times; 1 and 3 twice each; 8 and 9 twice each; 500 three times.
  EXPECT_THAT(majorityPatchLabels(labels, 2), ElementsAre(7, 1, 8, 500));
  EXPECT_THAT(majorityPatchLabels(labels, 4), ElementsAre(7));  // 7 and 500 three times each
}

TEST(MajorityPatchLabels, RefusesWhatItCannotDivide) {
  EXPECT_THROW(majorityPatchLabels(cv::Mat::zeros(6, 4, CV_16UC1), 4), std::invalid_argument);
  EXPECT_THROW(majorityPatchLabels(cv::Mat::zeros(4, 6, CV_16UC1), 4), std::invalid_argument);
  EXPECT_THROW(majorityPatchLabels(cv::Mat::zeros(4, 4, CV_8UC1), 2), std::invalid_argument);
  EXPECT_THROW(majorityPatchLabels(cv::Mat::zeros(4, 4, CV_16UC1), 0), std::invalid_argument);
}

TEST(Scenes, SampleIsTheSameInEveryInstanceAndThread) {
  const ModelConfig model = modelOf(64, 8);
  const auto first = openDataset({}, model, Part::Train);
  const auto second = openDataset({}, model, Part::Train);
  std::vector<Sample> elsewhere(20);
  std::thread([&] {
    for (int64_t i = 19; i >= 0; --i) {  // and in another order
      elsewhere[static_cast<std::size_t>(i)] = second->sample(i);
    }
  }).join();
  for (int64_t i = 0; i < 20; ++i) {
    const Sample sample = first->sample(i);
    const Sample& other = elsewhere[static_cast<std::size_t>(i)];
    EXPECT_TRUE(sameImage(sample.image, other.image)) << i;
    EXPECT_EQ(sample.caption, other.caption);
    EXPECT_EQ(sample.caption, first->caption(i));
    EXPECT_EQ(sample.patch_labels, other.patch_labels);
    EXPECT_EQ(sample.source, other.source);
  }
}

TEST(Scenes, ContentDoesNotDependOnTheSize) {
  const auto small = openDataset({}, modelOf(32, 8), Part::HeldOut);
  const auto large = openDataset({}, modelOf(256, 16), Part::HeldOut);
  for (int64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(small->caption(i), large->caption(i));
  }
}

TEST(Scenes, SeedsDiffer) {
  DataConfig other;
  other.seed = 1;
  const auto zero = openDataset({}, modelOf(32, 8), Part::Train);
  const auto one = openDataset(other, modelOf(32, 8), Part::Train);
  int equal = 0;
  for (int64_t i = 0; i < 200; ++i) {
    equal += zero->caption(i) == one->caption(i) ? 1 : 0;
  }
  EXPECT_LE(equal, 2);
}

TEST(Scenes, PartsShareNoSample) {
  const ModelConfig model = modelOf(32, 8);
  const auto train = openDataset({}, model, Part::Train);
  const auto held_out = openDataset({}, model, Part::HeldOut);
  std::multimap<std::string, int64_t> by_caption;
  for (int64_t i = 0; i < held_out->size(); ++i) {
    by_caption.emplace(held_out->caption(i), i);
  }
  int same_caption = 0;
  for (int64_t i = 0; i < train->size(); ++i) {
    const auto [begin, end] = by_caption.equal_range(train->caption(i));
    for (auto match = begin; match != end; ++match) {
      ++same_caption;
      EXPECT_FALSE(sameImage(train->sample(i).image, held_out->sample(match->second).image));
    }
  }
  EXPECT_LT(same_caption, train->size() / 100);
}

TEST(Scenes, CaptionsTellSamplesApart) {
  const auto held_out = openDataset({}, modelOf(32, 8), Part::HeldOut);
  std::set<std::string> captions;
  for (int64_t i = 0; i < 1024; ++i) {
    captions.insert(held_out->caption(i));
  }
  EXPECT_GE(captions.size(), 1004U);  // 98 %
}

TEST(Scenes, EveryLabelOccurs) {
  const auto train = openDataset({}, modelOf(96, 8), Part::Train);
  std::set<uint16_t> seen;
  for (int64_t i = 0; i < 300; ++i) {
    const Sample sample = train->sample(i);
    seen.insert(sample.patch_labels.begin(), sample.patch_labels.end());
  }
  EXPECT_EQ(seen.size(), train->labelNames().size());
  EXPECT_LT(*seen.rbegin(), train->labelNames().size());
}

class SceneSizes : public testing::TestWithParam<std::pair<int64_t, int64_t>> {};

TEST_P(SceneSizes, ImageAndLabelsFitTheModel) {
  const auto [size, patch] = GetParam();
  const ModelConfig model = modelOf(size, patch);
  const auto data = openDataset({}, model, Part::HeldOut);
  for (int64_t i = 0; i < 10; ++i) {
    const Sample sample = data->sample(i);
    EXPECT_EQ(sample.image.type(), CV_8UC3);
    EXPECT_EQ(sample.image.rows, size);
    EXPECT_EQ(sample.image.cols, size);
    ASSERT_EQ(sample.patch_labels.size(), static_cast<std::size_t>(model.patches()));
    for (const uint16_t label : sample.patch_labels) {
      EXPECT_LT(label, data->labelNames().size());
    }
    EXPECT_LT(sample.patch_labels.front(), 3);  // sky, cloud or sun in the corner
  }
}
INSTANTIATE_TEST_SUITE_P(Sizes, SceneSizes,
                         testing::Values(std::pair{32, 8}, std::pair{64, 8}, std::pair{96, 8},
                                         std::pair{98, 14}, std::pair{224, 16}, std::pair{224, 14},
                                         std::pair{256, 32}));

TEST(Scenes, PartsHaveTheConfiguredSizes) {
  DataConfig data;
  data.train_samples = 7;
  data.held_out_samples = 3;
  const auto train = openDataset(data, modelOf(32, 8), Part::Train);
  const auto held_out = openDataset(data, modelOf(32, 8), Part::HeldOut);
  EXPECT_EQ(train->size(), 7);
  EXPECT_EQ(held_out->size(), 3);
  EXPECT_NO_THROW(train->sample(6));
  EXPECT_THROW(train->sample(7), std::out_of_range);
  EXPECT_THROW(train->sample(-1), std::out_of_range);
  EXPECT_THROW(held_out->caption(3), std::out_of_range);
}

std::vector<std::string> faultsOf(const DataConfig& data, const ModelConfig& model) {
  try {
    openDataset(data, model, Part::Train);
  } catch (const ConfigError& error) {
    return error.faults();
  }
  return {};
}

TEST(OpenDataset, NamesAnUnknownSource) {
  DataConfig data;
  data.source = "imagenet";
  EXPECT_THAT(faultsOf(data, modelOf(96, 8)),
              ElementsAre(testing::AllOf(HasSubstr("data.source"), HasSubstr("imagenet"),
                                         HasSubstr("scenes"))));
}

TEST(OpenDataset, NamesSizesThatScenesDoNotHave) {
  EXPECT_THAT(faultsOf({}, modelOf(24, 8)), ElementsAre(HasSubstr("image_size is 24")));
  EXPECT_THAT(faultsOf({}, modelOf(264, 8)), ElementsAre(HasSubstr("image_size is 264")));
  EXPECT_THAT(faultsOf({}, modelOf(16, 3)),
              ElementsAre(HasSubstr("image_size is 16"), HasSubstr("patch_size is 3")));
  EXPECT_THAT(faultsOf({}, modelOf(32, 8)), testing::IsEmpty());
  EXPECT_THAT(faultsOf({}, modelOf(256, 8)), testing::IsEmpty());
}

TEST(ZeroShotClasses, ArePairsOfObjectsAsTheCaptionsSayThem) {
  const auto data = openDataset({}, modelOf(32, 8), Part::HeldOut);
  const std::vector<ZeroShotClass> classes = data->zeroShotClasses();
  ASSERT_EQ(classes.size(), 10U);  // 5 · 4 / 2
  EXPECT_EQ(classes[0].name, "house and tree");
  EXPECT_THAT(classes[0].prompts, ElementsAre("a house and a tree", "a tree and a house"));
  EXPECT_THAT(classes[7].prompts, ElementsAre("a car and a woman", "a man and a car"));
  std::map<int64_t, int> seen;
  for (int64_t i = 0; i < 300; ++i) {
    const Sample sample = data->sample(i);
    // What stands in the picture, from its caption alone.
    std::string objects;
    for (const auto& [name, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"house", {" house"}},
             {"tree", {" tree"}},
             {"car", {" car "}},
             {"person", {"man in ", "woman in "}},
             {"flowers", {" flowers"}}}) {
      for (const std::string& word : words) {
        if ((sample.caption + " ").find(word) != std::string::npos) {
          objects += (objects.empty() ? "" : " and ") + name;
          break;
        }
      }
    }
    ASSERT_GE(sample.zero_shot_class, 0) << sample.caption;
    EXPECT_EQ(classes[static_cast<std::size_t>(sample.zero_shot_class)].name, objects)
        << sample.caption;
    ++seen[sample.zero_shot_class];
  }
  EXPECT_EQ(seen.size(), 10U);
}

}  // namespace
}  // namespace limoe::model
