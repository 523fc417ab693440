#include "gui/inspect/layer_view_find.h"

#include <QRegularExpression>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace limoe::gui {
namespace {

constexpr QChar kWordBegin(0x2581);
constexpr QChar kGoesOn(0x2026);

std::size_t kindsOf(const LayerDigest& digest, const probe::Layout& layout, MapKind kind) {
  return kind == MapKind::Labels   ? layout.label_names.size()
         : kind == MapKind::Pieces ? digest.pieces.size()
                                   : digest.words.size();
}

QString titleOf(const LayerDigest& digest, const probe::Layout& layout, MapKind kind,
                std::size_t index) {
  return kind == MapKind::Labels   ? QString::fromStdString(layout.label_names[index])
         : kind == MapKind::Pieces ? pieceTitle(digest.pieces[index])
                                   : digest.words[index];
}

const std::vector<uint64_t>& countsOf(const ExpertDigest& expert, MapKind kind) {
  return kind == MapKind::Labels   ? expert.labels
         : kind == MapKind::Pieces ? expert.pieces
                                   : expert.words;
}

/// As it is typed: without the mark of what goes on with a word, or of a space.
QStringView bare(const QString& title) {
  const bool marked = title.startsWith(kGoesOn) || title.startsWith(kWordBegin);
  return QStringView(title).mid(title.size() > 1 && marked ? 1 : 0);
}

bool isSame(const QString& title, QStringView name) {
  return title.compare(name, Qt::CaseInsensitive) == 0 ||
         (title.startsWith(kWordBegin) && bare(title).compare(name, Qt::CaseInsensitive) == 0);
}

/// Places of `wanted` among `all`.
template <typename Name>
std::vector<std::size_t> indicesOf(const std::vector<Name>& all, const std::vector<Name>& wanted) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < all.size() && indices.size() < wanted.size(); ++i) {
    if (std::ranges::find(wanted, all[i]) != wanted.end()) {
      indices.push_back(i);
    }
  }
  return indices;
}

/// Those whose name is `name` in any case; or else parts of words, which go on with one, of that
/// name; or else those that begin with it. Of those that were kept.
std::vector<std::size_t> named(const KindCounts& counts, QStringView name,
                               uint64_t least_total = 1) {
  std::vector<std::size_t> same;
  std::vector<std::size_t> parts;
  std::vector<std::size_t> beginning;
  for (std::size_t k = 0; k < counts.totals.size(); ++k) {
    const QString& title = counts.titles[static_cast<qsizetype>(k)];
    if (counts.totals[k] < least_total) {
      continue;
    }
    if (isSame(title, name)) {
      same.push_back(k);
    } else if (bare(title).startsWith(name, Qt::CaseInsensitive)) {
      (bare(title).size() == name.size() ? parts : beginning).push_back(k);
    }
  }
  return !same.empty() ? same : !parts.empty() ? parts : beginning;
}

QStringList namesIn(const KindCounts& counts, const QString& text) {
  static const QRegularExpression space("\\s+");
  const QString whole = text.simplified();
  if (counts.titles.contains(whole, Qt::CaseInsensitive)) {
    return {whole};  // a label with a comma in it
  }
  QStringList names;
  for (const QString& part : text.split(',', Qt::SkipEmptyParts)) {
    const QString name = part.simplified();
    if (!name.contains(' ') || !named(counts, name).empty()) {
      names << name;
    } else {
      names << name.split(space, Qt::SkipEmptyParts);
    }
  }
  names.removeAll(QString());
  return names;
}

}  // namespace

QString pieceTitle(const std::string& piece) {
  QString title = QString::fromStdString(piece);
  if (title.startsWith(kWordBegin)) {
    // "▁" alone, and "▁," which is another piece than ","
    return title.size() > 1 && title.at(1).isLetterOrNumber() ? title.mid(1) : title;
  }
  // Only where it could be taken for a word.
  return !title.isEmpty() && title.at(0).isLetterOrNumber() ? QString(kGoesOn) + title : title;
}

uint64_t countOf(const LayerDigest& digest, MapKind kind, std::size_t expert, std::size_t index) {
  const std::vector<uint64_t>& counts = countsOf(digest.experts[expert], kind);
  return index < counts.size() ? counts[index] : 0;
}

KindCounts::KindCounts(const LayerDigest& digest, const probe::Layout& layout, MapKind the_kind)
    : kind(the_kind), totals(kindsOf(digest, layout, the_kind)) {
  titles.reserve(static_cast<qsizetype>(totals.size()));
  for (std::size_t k = 0; k < totals.size(); ++k) {
    titles << titleOf(digest, layout, kind, k);
  }
  for (const ExpertDigest& expert : digest.experts) {
    const std::vector<uint64_t>& counts = countsOf(expert, kind);
    uint64_t row = 0;
    for (std::size_t k = 0; k < std::min(counts.size(), totals.size()); ++k) {
      totals[k] += counts[k];
      row += counts[k];
    }
    // A patch is counted for every word of its caption, so the sum would count it several times.
    row_totals.push_back(kind == MapKind::Words ? expert.kept[probe::kImage] : row);
  }
  total = std::accumulate(row_totals.begin(), row_totals.end(), uint64_t{0});
}

std::size_t KindCounts::occurring() const {
  return totals.size() - static_cast<std::size_t>(std::ranges::count(totals, uint64_t{0}));
}

std::vector<std::size_t> KindCounts::mostFrequent(std::size_t most) const {
  std::vector<std::size_t> all(totals.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return mostFrequent(most, std::move(all));
}

std::vector<std::size_t> KindCounts::mostFrequent(std::size_t most,
                                                  std::vector<std::size_t> among) const {
  most = std::min(most, among.size());
  std::ranges::partial_sort(among, among.begin() + static_cast<std::ptrdiff_t>(most),
                            [this](std::size_t a, std::size_t b) {
                              return totals[a] != totals[b] ? totals[a] > totals[b] : a < b;
                            });
  among.resize(most);
  std::erase_if(among, [this](std::size_t k) { return totals[k] == 0; });
  return among;
}

Found findKinds(const KindCounts& counts, const QString& names, std::size_t most) {
  Found found;
  for (const QString& name : namesIn(counts, names)) {
    const std::vector<std::size_t> kinds = named(counts, name);
    if (kinds.empty()) {
      found.missing << name;
    }
    for (const std::size_t kind : kinds) {
      if (std::ranges::find(found.kinds, kind) == found.kinds.end()) {
        found.kinds.push_back(kind);
      }
    }
    if (found.kinds.size() > most) {  // one letter of a name finds a great many
      found.all += found.kinds.size() - most;
      found.kinds = counts.mostFrequent(most, std::move(found.kinds));
    }
  }
  found.all += found.kinds.size();
  return found;
}

bool isNamed(const KindCounts& counts, const QString& names) {
  return std::ranges::any_of(namesIn(counts, names),
                             [&](const QString& name) { return !named(counts, name, 0).empty(); });
}

std::optional<MapKind> kindWith(const LayerDigest& digest, const probe::Layout& layout,
                                const QString& names) {
  for (const MapKind kind : {MapKind::Pieces, MapKind::Words, MapKind::Labels}) {
    if (!findKinds(KindCounts(digest, layout, kind), names, 1).kinds.empty()) {
      return kind;
    }
  }
  return std::nullopt;
}

KindNames namesOf(const LayerDigest& digest, MapKind kind, const std::vector<std::size_t>& kinds) {
  KindNames names;
  names.kind = kind;
  for (const std::size_t k : kinds) {
    if (kind == MapKind::Labels) {
      names.labels.push_back(k);
    } else if (kind == MapKind::Pieces) {
      names.pieces.push_back(digest.pieces[k]);
    } else {
      names.words.push_back(digest.words[k]);
    }
  }
  return names;
}

LayerBest bestExpert(const LayerDigest& digest, const KindNames& names) {
  const std::vector<std::size_t> kinds = names.kind == MapKind::Labels ? names.labels
                                         : names.kind == MapKind::Pieces
                                             ? indicesOf(digest.pieces, names.pieces)
                                             : indicesOf(digest.words, names.words);
  LayerBest best;
  uint64_t row = 0;
  uint64_t total = 0;
  for (std::size_t e = 0; e < digest.experts.size(); ++e) {
    const ExpertDigest& expert = digest.experts[e];
    const std::vector<uint64_t>& counts = countsOf(expert, names.kind);
    const uint64_t all = names.kind == MapKind::Words
                             ? expert.kept[probe::kImage]
                             : std::accumulate(counts.begin(), counts.end(), uint64_t{0});
    total += all;
    uint64_t count = 0;
    for (const std::size_t k : kinds) {
      count += countOf(digest, names.kind, e, k);
    }
    best.of += count;
    if (count > best.count) {
      best.count = count;
      best.expert = static_cast<int64_t>(e);
      best.equals.clear();
      row = all;
    } else if (count > 0 && count == best.count) {
      best.equals.push_back(static_cast<int64_t>(e));
    }
  }
  best.times_chance = static_cast<double>(best.count) / static_cast<double>(best.of) /
                      (static_cast<double>(row) / static_cast<double>(total));
  return best;
}

std::shared_ptr<const LayerDigest> kindsAlone(const LayerDigest& digest) {
  auto alone = std::make_shared<LayerDigest>();
  alone->layer = digest.layer;
  alone->pieces = digest.pieces;
  alone->words = digest.words;
  for (const ExpertDigest& expert : digest.experts) {
    ExpertDigest& copy = alone->experts.emplace_back();
    copy.kept = expert.kept;
    copy.labels = expert.labels;
    copy.pieces = expert.pieces;
    copy.words = expert.words;
  }
  return alone;
}

std::pair<double, double> wilsonInterval(uint64_t count, uint64_t of) {
  if (of == 0) {
    return {0, 1};
  }
  constexpr double kZ = 1.959964;
  const auto n = static_cast<double>(of);
  const double p = static_cast<double>(count) / n;
  const double whole = 1 + kZ * kZ / n;
  const double middle = (p + kZ * kZ / (2 * n)) / whole;
  const double half = kZ / whole * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n));
  return {std::max(middle - half, 0.0), std::min(middle + half, 1.0)};
}

}  // namespace limoe::gui
