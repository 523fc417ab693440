#include "gui/compare/common_samples.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "gui/inspect/digests.h"

namespace limoe::gui {
namespace {

/// FNV-1a, 64 bits; a zero byte after each text tells where it ends.
class Hash {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      addByte(static_cast<unsigned char>(c));
    }
    addByte(0);
  }
  uint64_t value() const { return value_; }

 private:
  void addByte(unsigned char byte) { value_ = (value_ ^ byte) * 1099511628211ULL; }

  uint64_t value_ = 14695981039346656037ULL;
};

/// A sample and how many alike were before it.
using Occurrence = std::pair<uint64_t, int64_t>;

std::vector<Occurrence> occurrences(const std::vector<SampleKey>& keys) {
  std::unordered_map<uint64_t, int64_t> seen;
  std::vector<Occurrence> result;
  result.reserve(keys.size());
  for (const SampleKey& key : keys) {
    result.emplace_back(key.source, seen[key.source]++);
  }
  return result;
}

}  // namespace

std::vector<SampleKey> keysOf(const probe::ProbeSet& texts, int64_t text_length) {
  std::vector<SampleKey> keys;
  const auto length = static_cast<std::size_t>(text_length);
  for (std::size_t n = 0; n < texts.captions.size(); ++n) {
    Hash source, pieces;
    source.add(n < texts.sources.size() ? texts.sources[n] : std::string());
    source.add(texts.captions[n]);
    // Padding at the end does not count: text lengths may differ.
    std::size_t end = std::min((n + 1) * length, texts.pieces.size());
    while (end > n * length && texts.pieces[end - 1].empty()) {
      --end;
    }
    for (std::size_t t = n * length; t < end; ++t) {
      pieces.add(texts.pieces[t]);
    }
    keys.push_back({source.value(), pieces.value()});
  }
  return keys;
}

CommonSamples commonSamples(const std::vector<SampleKey>& reference,
                            const std::vector<const std::vector<SampleKey>*>& others) {
  CommonSamples common;
  common.others.resize(others.size());
  common.same_pieces.resize(others.size());
  const auto own = occurrences(reference);
  std::vector<std::map<Occurrence, int64_t>> places(others.size());
  std::vector<bool> counts(others.size());
  for (std::size_t o = 0; o < others.size(); ++o) {
    const auto theirs = occurrences(*others[o]);
    for (std::size_t n = 0; n < theirs.size(); ++n) {
      places[o].emplace(theirs[n], static_cast<int64_t>(n));
    }
    counts[o] =
        std::ranges::any_of(own, [&](const Occurrence& one) { return places[o].contains(one); });
  }
  for (std::size_t n = 0; n < own.size(); ++n) {
    std::vector<int64_t> at(others.size(), -1);
    bool everywhere = true;
    for (std::size_t o = 0; o < others.size(); ++o) {
      const auto found = places[o].find(own[n]);
      everywhere = everywhere && (!counts[o] || found != places[o].end());
      at[o] = found == places[o].end() ? -1 : found->second;
    }
    if (!everywhere) {
      continue;
    }
    common.reference.push_back(static_cast<int64_t>(n));
    for (std::size_t o = 0; o < others.size(); ++o) {
      if (counts[o]) {
        const SampleKey& theirs = (*others[o])[static_cast<std::size_t>(at[o])];
        common.others[o].push_back(at[o]);
        common.same_pieces[o].push_back(theirs.pieces == reference[n].pieces);
      }
    }
  }
  return common;
}

void ProbeKeys::setSource(RunSource* source) {
  if (source_ != nullptr) {
    source_->disconnect(this);
  }
  walk_.reset();
  keys_.reset();
  failure_.clear();
  progress_ = 0;
  source_ = source;
  if (source_ != nullptr) {
    connect(source_, &RunSource::dataChanged, this, [this] {
      if (!walk_ && !keys_ && failure_.isEmpty()) {
        begin();
      }
    });
    connect(source_, &QObject::destroyed, this, [this] {
      walk_.reset();
      source_ = nullptr;
    });
    begin();
  }
}

void ProbeKeys::retry() {
  if (!failure_.isEmpty()) {
    failure_.clear();
    begin();
  }
}

void ProbeKeys::begin() {
  const auto run = source_ != nullptr ? source_->data() : nullptr;
  if (!run) {
    return;
  }
  auto keys = std::make_shared<std::vector<SampleKey>>();
  if (run->layout.samples == 0) {
    keys_ = keys;
    return;
  }
  WalkRequest request;
  request.items = pagesOf(run->layout, 0, 0);
  request.decisions = false;
  request.texts = true;
  request.visit = [keys, length = run->layout.text_length](
                      const WalkItem&, const probe::ProbeSet& texts, const probe::LayerSlice&) {
    const auto more = keysOf(texts, length);
    keys->insert(keys->end(), more.begin(), more.end());
  };
  request.progress = [this](double done) {
    progress_ = done;
    Q_EMIT changed();
  };
  request.finished = [this, keys](const QString& failure) {
    failure_ = failure;
    if (failure.isEmpty()) {
      keys_ = keys;
    }
    walk_.reset();
    Q_EMIT changed();
  };
  walk_ = source_->walk(std::move(request));
}

}  // namespace limoe::gui
