#include "gui/runs/recording_source.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <utility>

#include "gui/runs/mailbox.h"
#include "gui/runs/piece_requests.h"
#include "gui/runs/recording_walk.h"
#include "gui/view/sample_parts.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::gui {
namespace {

constexpr int kPollMs = 330;
/// A run that is not live is looked at in every n-th poll only.
constexpr int kIdlePolls = 6;
constexpr std::size_t kCacheBytes = 64u << 20;
constexpr std::size_t kPieceBytes = 512;  ///< what a piece takes besides its values
/// After this time what was read is handed over; the rest is read in another turn.
constexpr std::chrono::milliseconds kTurn{12};
/// Neighbours that are read at once: images are large, decisions lie packed together.
constexpr std::size_t kMostImagesAtOnce = 16;
/// A recording is there under its name shortly before it can be read.
constexpr int kOpenAttempts = 30;

template <typename T>
std::size_t bytesOf(const std::vector<T>& values) {
  return values.size() * sizeof(T);
}

std::size_t bytesOf(const probe::Decisions& decisions) {
  return bytesOf(decisions.expert) + bytesOf(decisions.gate) + bytesOf(decisions.kept) +
         bytesOf(decisions.runner_up) + bytesOf(decisions.margin) + bytesOf(decisions.probability);
}

std::size_t bytesOf(const probe::LayerSlice& slice) {
  return bytesOf(slice.image) + bytesOf(slice.text) + bytesOf(slice.order);
}

std::size_t bytesOf(const probe::ProbeSet& probe) {
  return bytesOf(probe.images) + bytesOf(probe.captions) + bytesOf(probe.token_ids) +
         bytesOf(probe.pieces) + bytesOf(probe.labels) + bytesOf(probe.sources);
}

std::size_t bytesOf(const probe::Snapshot& snapshot) {
  return bytesOf(snapshot.tokens) + bytesOf(snapshot.label_tokens) + bytesOf(snapshot.metrics);
}

bool ofSnapshot(const PieceKey& key) {
  return std::get<PieceKind>(key) != PieceKind::Sample;
}

template <typename Content>
Piece pieceOf(Content content) {
  const std::size_t bytes = bytesOf(content) + kPieceBytes;
  return {std::make_shared<const Content>(std::move(content)), bytes};
}

/// Pieces of samples that follow one another, out of what was read at once.
template <typename Content, typename Cut>
std::vector<Piece> piecesOf(Content content, std::size_t samples, const Cut& cut_one) {
  std::vector<Piece> pieces;
  if (samples == 1) {
    pieces.push_back(pieceOf(std::move(content)));
    return pieces;
  }
  for (std::size_t i = 0; i < samples; ++i) {
    pieces.push_back(pieceOf(cut_one(content, static_cast<int64_t>(i))));
  }
  return pieces;
}

/// How many of `keys` from `first` on are neighbours that are read at once.
std::size_t neighbours(const std::vector<PieceKey>& keys, std::size_t first) {
  const auto [kind, snapshot, layer, sample] = keys[first];
  const std::size_t most = kind == PieceKind::Sample    ? kMostImagesAtOnce
                           : kind == PieceKind::Summary ? 1
                                                        : keys.size();
  std::size_t count = 1;
  while (count < most && first + count < keys.size() &&
         std::get<3>(keys[first + count]) == sample + static_cast<int64_t>(count)) {
    ++count;
  }
  return count;
}

}  // namespace

/// What the source and the jobs it posts share; outlives the source while jobs are under way.
struct RecordingSource::Exchange {
  RecordingSource* const source;  ///< used in letters only
  const std::shared_ptr<Mailbox> mailbox;
  const std::filesystem::path path;
  const IfMissing if_missing;
  std::atomic<bool> closed{false};
  PieceRequests requests;

  std::unique_ptr<RecordingTracker> tracker;  ///< reader thread only
  int failed_attempts = 0;                    ///< reader thread only

  Exchange(RecordingSource* owner, std::filesystem::path run_path, IfMissing missing)
      : source(owner),
        mailbox(Mailbox::of(owner)),
        path(std::move(run_path)),
        if_missing(missing) {}

  void update();
  bool open();
  bool readSome();
  void read(const std::vector<PieceKey>& keys, std::size_t first, std::size_t count,
            std::vector<Arrival>& arrivals) const;
  std::vector<Piece> read(const PieceKey& first, std::size_t count) const;
};

bool RecordingSource::Exchange::open() {
  const bool waits = if_missing == IfMissing::Wait;
  try {
    if (waits && !std::filesystem::is_regular_file(probe::RunFolder{path}.recording(1))) {
      return false;
    }
    tracker = std::make_unique<RecordingTracker>(path);
    return true;
  } catch (const std::exception& failure) {
    if (!waits || ++failed_attempts >= kOpenAttempts) {
      mailbox->send(
          [self = source, why = QString::fromStdString(failure.what())] { self->giveUp(why); });
    }
    return false;
  }
}

void RecordingSource::Exchange::update() {
  if (closed) {
    return;
  }
  RecordingTracker::Update update;
  if (tracker || open()) {
    try {
      update = tracker->update();
    } catch (const std::exception& failure) {
      update.warning = QString::fromStdString(failure.what());
    }
  }
  mailbox->send([self = source, update = std::move(update)] { self->takeUpdate(update); });
}

/// Throws probe::RecordingError.
std::vector<Piece> RecordingSource::Exchange::read(const PieceKey& first, std::size_t count) const {
  const auto [kind, snapshot, layer, sample] = first;
  const probe::RecordingReader& reader = tracker->reader();
  const auto samples = static_cast<int64_t>(count);
  switch (kind) {
    case PieceKind::Sample:
      return piecesOf(reader.readProbe(sample, samples), count,
                      [&](const auto& all, int64_t i) { return cut(all, samples, i, 1); });
    case PieceKind::Choices:
      return piecesOf(reader.readChoices(snapshot, layer, sample, samples), count,
                      [](const auto& all, int64_t i) { return cut(all, i, 1); });
    case PieceKind::Decisions:
      return piecesOf(reader.readLayer(snapshot, layer, sample, samples, false), count,
                      [](const auto& all, int64_t i) { return cut(all, i, 1); });
    case PieceKind::Summary:
      break;
  }
  return {pieceOf(reader.readSummary(snapshot))};
}

void RecordingSource::Exchange::read(const std::vector<PieceKey>& keys, std::size_t first,
                                     std::size_t count, std::vector<Arrival>& arrivals) const {
  // Asked for before a resumed run took that snapshot back.
  const bool is_gone = ofSnapshot(keys[first]) && std::get<1>(keys[first]) >= tracker->snapshots();
  std::vector<Piece> pieces(count);
  QString failure;
  try {
    if (!is_gone) {
      pieces = read(keys[first], count);
    }
  } catch (const std::exception& error) {
    if (count > 1) {  // all that can be read of them
      for (std::size_t i = first; i < first + count; ++i) {
        read(keys, i, 1, arrivals);
      }
      return;
    }
    failure = QString::fromStdString(error.what());
  }
  for (std::size_t i = 0; i < count; ++i) {
    arrivals.push_back({keys[first + i], std::move(pieces[i]), failure});
  }
}

/// Returns whether more waits to be read.
bool RecordingSource::Exchange::readSome() {
  if (closed) {
    return false;
  }
  // What it read would be of another recording than the views know of. The next update goes on.
  if (!tracker || !tracker->isTold()) {
    requests.stop();
    return false;
  }
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Arrival> arrivals;
  std::vector<PieceKey> keys;
  std::size_t done = 0;  // of keys
  // One letter for all of them: each makes every view look for what it waits for.
  while (arrivals.empty() || std::chrono::steady_clock::now() - begin < kTurn) {
    if (done == keys.size()) {
      keys = requests.next();
      done = 0;
    }
    if (keys.empty()) {
      break;
    }
    const std::size_t count = neighbours(keys, done);
    read(keys, done, count, arrivals);
    done += count;
  }
  if (arrivals.empty()) {
    return requests.rest();
  }
  const bool goes_on =
      requests.send({keys.begin() + static_cast<std::ptrdiff_t>(done), keys.end()});
  mailbox->send([self = source, arrivals = std::move(arrivals)] { self->take(arrivals); });
  return goes_on;
}

namespace {

/// Turn by turn, so that what is more urgent comes in between. Jobs that wait in the thread's queue
/// must not keep it.
template <typename Exchange>
void postReading(ReaderThread& reader, const std::weak_ptr<ReaderThread>& again,
                 const std::shared_ptr<Exchange>& exchange) {
  reader.post(ReaderThread::Urgency::Soon, [again, exchange] {
    const auto there = exchange->readSome() ? again.lock() : nullptr;
    if (there) {
      postReading(*there, again, exchange);
    }
  });
}

}  // namespace

RecordingSource::RecordingSource(std::shared_ptr<ReaderThread> reader, const QString& path,
                                 IfMissing if_missing, QObject* parent)
    : RunSource(parent),
      reader_(std::move(reader)),
      exchange_(std::make_shared<Exchange>(this, path.toStdString(), if_missing)),
      path_(path),
      cache_(kCacheBytes) {
  connect(&poll_timer_, &QTimer::timeout, this, &RecordingSource::poll);
  poll_timer_.start(kPollMs);
  postUpdate();
}

RecordingSource::~RecordingSource() {
  exchange_->closed = true;
  // HDF5 objects must die on the thread that uses HDF5.
  reader_->post(ReaderThread::Urgency::Now,
                [exchange = std::move(exchange_)] { exchange->tracker.reset(); });
}

bool RecordingSource::isIdle() const {
  return given_up_ || (data_ && caught_up_ && exchange_->requests.isEmpty());
}

void RecordingSource::reload() {
  unreadable_.clear();
  last_failure_.clear();
  polls_skipped_ = kIdlePolls;
  poll();
  Q_EMIT pageReady();
}

void RecordingSource::postUpdate() {
  if (update_posted_ || given_up_) {
    return;
  }
  update_posted_ = true;
  reader_->post(ReaderThread::Urgency::Now, [exchange = exchange_] { exchange->update(); });
}

void RecordingSource::poll() {
  const bool resting = data_ && !isLive() && caught_up_;
  if (resting && ++polls_skipped_ < kIdlePolls) {
    return;
  }
  polls_skipped_ = 0;
  postUpdate();
}

void RecordingSource::takeUpdate(const RecordingTracker::Update& update) {
  update_posted_ = false;
  caught_up_ = update.caught_up;
  if (update.superseded) {
    edition_ = update.edition;
    const bool all = update.replaced;
    cache_.forget([all](const PieceKey& key) { return all || ofSnapshot(key); });
    exchange_->requests.forget([all](const PieceKey& key) { return all || ofSnapshot(key); });
    unreadable_.clear();
  }
  for (const auto& [snapshot, summary] : update.new_summaries) {
    cache_.put({PieceKind::Summary, snapshot, 0, 0}, {summary, bytesOf(*summary) + kPieceBytes});
  }
  if (update.data) {
    data_ = update.data;
    if (update.replaced) {
      Q_EMIT replaced();
    }
    Q_EMIT dataChanged();
  }
  if (!update.warning.isEmpty()) {
    report(update.warning);
  }
  if (!caught_up_) {
    postUpdate();
  }
  startReading();
}

void RecordingSource::take(const std::vector<Arrival>& arrivals) {
  std::vector<PieceKey> keys;
  for (const Arrival& arrival : arrivals) {
    keys.push_back(arrival.key);
    if (arrival.piece.content) {
      cache_.put(arrival.key, arrival.piece);
      continue;
    }
    // Otherwise it was asked for before the run was replaced by a smaller one: no failure.
    if (!isKnown(arrival.key)) {
      continue;
    }
    if (!arrival.failure.isEmpty()) {
      report(arrival.failure);
    }
    // Also where it is gone without a word: asked for again, it would be gone again.
    unreadable_.insert(arrival.key);
  }
  exchange_->requests.came(keys);
  startReading();
  Q_EMIT pageReady();
}

void RecordingSource::giveUp(const QString& why) {
  given_up_ = true;
  poll_timer_.stop();
  report(why);
}

void RecordingSource::report(const QString& failure) {
  // A disk that stays away fails at every poll; saying so once is enough.
  if (std::exchange(last_failure_, failure) != failure) {
    Q_EMIT failed(failure);
  }
}

void RecordingSource::startReading() {
  if (exchange_->requests.beginReading()) {
    postReading(*reader_, reader_, exchange_);
  }
}

template <typename Content>
std::shared_ptr<const Content> RecordingSource::piece(const PieceKey& key) {
  auto held = cache_.find(key);
  if (!held && !given_up_ && !unreadable_.contains(key)) {
    exchange_->requests.want(key);
    startReading();
  }
  return std::static_pointer_cast<const Content>(std::move(held));
}

/// Whether data_ says that there is such a piece.
bool RecordingSource::isKnown(const PieceKey& key) const {
  return ofSnapshot(key) ? hasSnapshot(std::get<1>(key)) : hasSample(std::get<3>(key));
}

bool RecordingSource::hasSample(int64_t sample) const {
  return data_ && sample >= 0 && sample < data_->layout.samples;
}

bool RecordingSource::hasSnapshot(int64_t snapshot) const {
  return data_ && snapshot >= 0 && snapshot < std::ssize(data_->snapshot_steps);
}

bool RecordingSource::isRouted(int64_t snapshot, int64_t layer, int64_t sample) const {
  return hasSample(sample) && hasSnapshot(snapshot) && layer >= 0 && layer < data_->layout.layers;
}

std::shared_ptr<const probe::ProbeSet> RecordingSource::sample(int64_t sample) {
  return hasSample(sample) ? piece<probe::ProbeSet>({PieceKind::Sample, 0, 0, sample}) : nullptr;
}

std::shared_ptr<const probe::LayerSlice> RecordingSource::decisions(int64_t snapshot, int64_t layer,
                                                                    int64_t sample) {
  return isRouted(snapshot, layer, sample)
             ? piece<probe::LayerSlice>({PieceKind::Decisions, snapshot, layer, sample})
             : nullptr;
}

std::shared_ptr<const probe::LayerSlice> RecordingSource::choices(int64_t snapshot, int64_t layer,
                                                                  int64_t sample) {
  if (!isRouted(snapshot, layer, sample)) {
    return nullptr;
  }
  auto whole = cache_.find({PieceKind::Decisions, snapshot, layer, sample});
  return whole ? std::static_pointer_cast<const probe::LayerSlice>(std::move(whole))
               : piece<probe::LayerSlice>({PieceKind::Choices, snapshot, layer, sample});
}

std::shared_ptr<const probe::Snapshot> RecordingSource::summary(int64_t snapshot) {
  return hasSnapshot(snapshot) ? piece<probe::Snapshot>({PieceKind::Summary, snapshot, 0, 0})
                               : nullptr;
}

bool RecordingSource::cannotReadSample(int64_t sample) const {
  return unreadable_.contains({PieceKind::Sample, 0, 0, sample});
}

bool RecordingSource::cannotReadDecisions(int64_t snapshot, int64_t layer, int64_t sample) const {
  return unreadable_.contains({PieceKind::Decisions, snapshot, layer, sample});
}

bool RecordingSource::cannotReadChoices(int64_t snapshot, int64_t layer, int64_t sample) const {
  return unreadable_.contains({PieceKind::Choices, snapshot, layer, sample});
}

std::unique_ptr<Walk> RecordingSource::walk(WalkRequest request) {
  return startWalk(reader_, exchange_->mailbox, std::move(request),
                   [exchange = exchange_, edition = edition_]() -> const probe::RecordingReader* {
                     const RecordingTracker* tracker = exchange->tracker.get();
                     const bool is_same =
                         tracker && tracker->isTold() && tracker->edition() == edition;
                     return is_same ? &tracker->reader() : nullptr;
                   });
}

}  // namespace limoe::gui
