#include "gui/inspect/expert_gallery_tables.h"

#include <QLabel>
#include <algorithm>
#include <utility>
#include <vector>

#include "gui/charts/expert_counts.h"
#include "gui/inspect/expert_bars.h"
#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

constexpr std::size_t kMostLifts = 6;

QString tr(const char* text) {
  return QObject::tr(text);
}

}  // namespace

uint64_t leastCount(uint64_t of_expert) {
  return std::max<uint64_t>(5, (of_expert + 199) / 200);
}

bool hasModality(const RunData& run, int64_t layer, int modality) {
  return run.config.model.towers == model::Towers::One ||
         (modality == probe::kText) == isTextTower(run, layer);
}

void showLifts(GalleryParts& parts, const RunData& run, const LayerDigest& digest, int64_t expert) {
  const ExpertDigest& of_expert = digest.experts[static_cast<std::size_t>(expert)];
  const QColor color = expertColor(expert, run.layout.experts);
  const int64_t layer = digest.layer;
  const QString rule =
      tr("+: count − expected, the largest first; expected = how many of the kind the "
         "layer kept × the expert’s part of all that it kept. ×: count / expected, which is large "
         "by luck where few are expected, and so is not what they are sorted by. “123 of 456”: "
         "kept by this expert, of those kept in the layer.");
  const auto show = [&](const GallerySection& section, LiftRows* rows, const QString& title,
                        const QString& unit, std::vector<Lift> lifts, uint64_t least) {
    if (lifts.size() > kMostLifts) {
      lifts.resize(kMostLifts);
    }
    section.setTitle(title, rule);
    section.setNote(
        lifts.empty() ? tr("None of which it keeps at least %1 %2, more than by chance.")
                            .arg(countText(least), unit)
                      : tr("+: more than by chance, largest first; ×: times chance; at least %1 %2")
                            .arg(countText(least), unit));
    rows->setLifts(std::move(lifts), unit, color);
  };
  const bool image = hasModality(run, layer, probe::kImage);
  const uint64_t patches = leastCount(of_expert.kept[probe::kImage]);
  const uint64_t words = leastCount(of_expert.kept[probe::kText]);
  const QString of_patches =
      run.layout.top_k > 1 ? tr("kept choices of patches") : tr("kept patches");
  const QString of_words = run.layout.top_k > 1 ? tr("kept choices of words") : tr("kept words");
  parts.labels.box->setVisible(image && !run.layout.label_names.empty());
  show(parts.labels, parts.label_rows, tr("Labels of its patches · more than by chance"),
       of_patches, labelLifts(digest, run.layout, expert, patches), patches);
  parts.pieces.box->setVisible(hasModality(run, layer, probe::kText));
  show(parts.pieces, parts.piece_rows, tr("Its word pieces · more than by chance"), of_words,
       pieceLifts(digest, expert, words), words);
  parts.caption_words.box->setVisible(image);
  show(parts.caption_words, parts.caption_word_rows,
       tr("Caption words of its patches’ images · more than by chance"), of_patches,
       wordLifts(digest, expert, patches), patches);
}

void showCounts(GalleryParts& parts, const RunData& run, const LayerDigest& digest,
                int64_t expert) {
  const ExpertDigest& of_expert = digest.experts[static_cast<std::size_t>(expert)];
  parts.modality.setTitle(tr("Image and text"),
                          tr("Which part of what it kept are image and text tokens. Chosen: the "
                             "router gave it the token; dropped: it had no room left."));
  parts.modality_bar->setCounts(of_expert.kept);
  const auto part = [](uint64_t count, uint64_t all) {
    return all == 0 ? QString()
                    : QStringLiteral(" (%1)").arg(
                          percentText(static_cast<double>(count) / static_cast<double>(all)));
  };
  const uint64_t kept = of_expert.kept[0] + of_expert.kept[1];
  const uint64_t chosen = of_expert.chosen[0] + of_expert.chosen[1];
  const auto line = [&](int modality, const QString& name) {
    const uint64_t count = of_expert.kept[static_cast<std::size_t>(modality)];
    return QStringLiteral("<span style='color:%1'>■</span> %2 %3%4")
        .arg(modalityColor(modality).name(), name, countText(count), part(count, kept));
  };
  parts.counts->setText(QStringLiteral("%1 &nbsp; %2<br/>%3")
                            .arg(line(probe::kImage, tr("image")), line(probe::kText, tr("text")),
                                 tr("chosen %1 · kept %2%3 · dropped %4%5")
                                     .arg(countText(chosen), countText(kept), part(kept, chosen),
                                          countText(chosen - kept), part(chosen - kept, chosen))));
  const QString where =
      digest.filter.isEmpty()
          ? tr("over the whole probe")
          : tr("that match the filter (%1)").arg(inWords(digest.filter, run.layout));
  parts.modality.setNote(run.layout.top_k > 1
                             ? tr("choices %1, up to %2 a token").arg(where).arg(run.layout.top_k)
                             : tr("tokens %1").arg(where));
}

}  // namespace limoe::gui
