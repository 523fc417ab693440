#include "gui/steer/run_sizes.h"

#include <QLocale>
#include <QStringList>
#include <algorithm>

#include "gui/view/number_text.h"
#include "model/model_size.h"
#include "model/routing.h"

namespace limoe::gui {
namespace {

/// record.probabilities = "auto": all while they are smaller than that.
constexpr double kAutoProbabilityBytes = 4e6;

QString count(int64_t number) {
  return countText(static_cast<uint64_t>(number));
}

QString bytes(double size) {
  return QLocale().formattedDataSize(static_cast<qint64>(std::min(size, 9e18)), 1,
                                     QLocale::DataSizeSIFormat);
}

/// Bytes of the whole distributions in one snapshot.
double distributionBytes(const model::RunConfig& config) {
  const model::ModelConfig& m = config.model;
  return static_cast<double>(m.moeLayers()) * static_cast<double>(config.record.probe_samples) *
         static_cast<double>(m.patches() + m.text_length) *
         static_cast<double>(m.moe ? m.moe->experts : 0) * 4;
}

/// README, "The recording", group snapshots; without metrics and label counts, which are few.
double snapshotBytes(const model::RunConfig& config, bool distributions) {
  const model::ModelConfig& m = config.model;
  const auto samples = static_cast<double>(config.record.probe_samples);
  double bytes = 8;  // its step
  if (m.moe) {
    const double expert = m.moe->experts <= 254 ? 1 : 2;
    const double a_choice = expert + 2 + 1;  // with gate and kept
    const double a_token = expert + 2 + 4;   // runner-up, margin, order
    const auto layers = static_cast<double>(m.moeLayers());
    bytes += layers * samples * static_cast<double>(m.patches() + m.text_length) *
             (static_cast<double>(m.moe->top_k) * a_choice + a_token);
    bytes += layers * 2 * static_cast<double>(m.moe->experts) * 4;  // kept tokens by expert
    bytes += distributions ? distributionBytes(config) : 0;
  }
  return bytes +
         (config.record.embeddings ? samples * 2 * static_cast<double>(m.embed_dim) * 2 : 0);
}

QString describeCapacity(const RunSizes& sizes) {
  const QString group = QString("a group (%1 pairs: %2 of images, ≤ %3 of captions)")
                            .arg(count(sizes.group_pairs), count(sizes.group_image_tokens),
                                 count(sizes.group_text_tokens));
  if (sizes.text_capacity > 0) {
    return QString(
               "an expert of the image tower takes C ≤ %1 tokens, one of the text tower ≤ %2, "
               "of %3")
        .arg(count(sizes.capacity), count(sizes.text_capacity), group);
  }
  return QString("an expert takes C ≤ %1 tokens of %2").arg(count(sizes.capacity), group);
}

}  // namespace

RunSizes runSizes(const model::RunConfig& config) {
  RunSizes sizes;
  const model::ModelConfig& m = config.model;
  const model::ModelSize size = model::modelSize(m);
  sizes.parameters = size.parameters;
  sizes.parameters_per_token = size.parameters_per_token;
  if (m.moe) {
    sizes.group_pairs = m.moe->group_pairs > 0 ? m.moe->group_pairs : config.train.batch_size;
    sizes.group_image_tokens = sizes.group_pairs * m.patches();
    sizes.group_text_tokens = sizes.group_pairs * m.text_length;
    const auto capacity = [&](int64_t tokens) {
      return model::expertCapacity(m.moe->top_k, tokens, m.moe->capacity_factor, m.moe->experts);
    };
    if (m.towers == model::Towers::Two) {
      sizes.capacity = capacity(sizes.group_image_tokens);
      sizes.text_capacity = capacity(sizes.group_text_tokens);
    } else {
      sizes.capacity = capacity(sizes.group_image_tokens + sizes.group_text_tokens);
    }
  }
  const std::string& choice = config.record.probabilities;
  sizes.has_probabilities =
      m.moe &&
      (choice == "all" || (choice == "auto" && distributionBytes(config) < kAutoProbabilityBytes));
  sizes.snapshot_bytes = snapshotBytes(config, sizes.has_probabilities);
  // The first step's, one at each multiple, and the last step's.
  const int64_t every = config.record.every;
  sizes.snapshots = config.train.steps / every + 1 + (config.train.steps % every > 0 ? 1 : 0);
  return sizes;
}

QString describe(const RunSizes& sizes) {
  QStringList parts;
  parts << QString("%1 parameters, %2 applied per token")
               .arg(count(sizes.parameters), count(sizes.parameters_per_token));
  parts << (sizes.capacity > 0 ? describeCapacity(sizes) : QString("dense: no router"));
  parts << QString("a snapshot takes ≤ %1 (%2, before compression), all %3 of them ≤ %4")
               .arg(bytes(sizes.snapshot_bytes),
                    sizes.has_probabilities ? "with distributions" : "without distributions",
                    count(sizes.snapshots),
                    bytes(sizes.snapshot_bytes * static_cast<double>(sizes.snapshots)));
  return parts.join(" · ");
}

}  // namespace limoe::gui
