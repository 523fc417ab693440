#include "gui/view/token_filter.h"

#include <QStringList>
#include <algorithm>

namespace limoe::gui {

QString inWords(const TokenFilter& filter, const probe::Layout& layout) {
  QStringList parts;
  if (!filter.word.trimmed().isEmpty()) {
    parts << QString::fromUtf8("caption has “%1”").arg(filter.word.trimmed());
  }
  if (filter.label) {
    const auto label = static_cast<std::size_t>(*filter.label);
    parts << QString("patches of %1")
                 .arg(label < layout.label_names.size()
                          ? QString::fromStdString(layout.label_names[label])
                          : QString("label %1").arg(label));
  }
  if (filter.expert) {
    parts << QString("expert %1").arg(*filter.expert);
  }
  if (filter.dropped) {
    parts << QString("dropped");
  }
  if (filter.gate_below) {
    parts << QString("gate < %1").arg(*filter.gate_below);
  }
  return parts.join(QString::fromUtf8(" · "));
}

bool captionHas(const QString& caption, const QString& word) {
  const QString wanted = word.trimmed();
  if (wanted.isEmpty()) {
    return true;
  }
  const auto inside = [&](qsizetype at) {
    return at >= 0 && at < caption.size() && caption[at].isLetterOrNumber();
  };
  for (qsizetype at = caption.indexOf(wanted, 0, Qt::CaseInsensitive); at >= 0;
       at = caption.indexOf(wanted, at + 1, Qt::CaseInsensitive)) {
    if (!inside(at - 1) && !inside(at + wanted.size())) {
      return true;
    }
  }
  return false;
}

TokenMatcher::TokenMatcher(const TokenFilter& filter, const probe::Layout& layout,
                           const probe::ProbeSet& probe, const probe::LayerSlice& slice)
    : filter_(filter), layout_(layout), probe_(probe), slice_(slice) {
  caption_matches_.assign(static_cast<std::size_t>(slice.samples), true);
  if (!filter.word.trimmed().isEmpty()) {
    for (std::size_t n = 0; n < caption_matches_.size() && n < probe.captions.size(); ++n) {
      caption_matches_[n] = captionHas(QString::fromStdString(probe.captions[n]), filter.word);
    }
  }
}

bool TokenMatcher::matches(int64_t index, int modality, int64_t position) const {
  const bool image = modality == probe::kImage;
  const probe::Decisions& decisions = image ? slice_.image : slice_.text;
  const int64_t units = image ? layout_.patches() : layout_.text_length;
  const auto token = static_cast<std::size_t>(index * units + position);
  const std::size_t choice = token * static_cast<std::size_t>(layout_.top_k);
  if (decisions.expert[choice] == probe::kNoExpert ||
      !caption_matches_[static_cast<std::size_t>(index)]) {
    return false;
  }
  if (filter_.label &&
      (!image || token >= probe_.labels.size() || probe_.labels[token] != *filter_.label)) {
    return false;
  }
  return (!filter_.expert || decisions.expert[choice] == *filter_.expert) &&
         (!filter_.dropped || decisions.kept[choice] == 0) &&
         (!filter_.gate_below || static_cast<double>(decisions.gate[choice]) < *filter_.gate_below);
}

}  // namespace limoe::gui
