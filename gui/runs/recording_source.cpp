#include "gui/runs/recording_source.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <mutex>
#include <utility>

#include "gui/runs/mailbox.h"
#include "gui/runs/recording_walk.h"
#include "routing_probe/recording/run_folder.h"

namespace limoe::gui {
namespace {

constexpr int kPollMs = 330;
/// A run that is not live is looked at in every n-th poll only.
constexpr int kIdlePolls = 6;
constexpr std::size_t kCacheBytes = 64u << 20;
/// Enough for a screen full of pages; a fast ride over the slider or the wall asks for many more.
constexpr std::size_t kMostRequests = 128;
constexpr std::size_t kFewestRequests = 24;
constexpr std::size_t kMostRequestedBytes = 192u << 20;  // of images
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

/// Pages of large images are few on a screen and slow to read: fewer wait to be read.
std::size_t mostRequests(const probe::Layout& layout) {
  const auto page_bytes = static_cast<std::size_t>(RunSource::kPageSamples * layout.image_height *
                                                   layout.image_width * 3);
  return std::clamp(2 * kMostRequestedBytes / std::max<std::size_t>(page_bytes, 1), kFewestRequests,
                    kMostRequests);
}

bool ofSnapshot(const RecordingSource::PageKey& key) {
  return std::get<RecordingSource::PageKind>(key) != RecordingSource::PageKind::Probe;
}

}  // namespace

/// What the source and the jobs it posts share; outlives the source while jobs are under way.
struct RecordingSource::Exchange {
  RecordingSource* const source;  ///< used in letters only
  const std::shared_ptr<Mailbox> mailbox;
  const std::filesystem::path path;
  const IfMissing if_missing;
  std::atomic<bool> closed{false};

  std::mutex mutex;
  std::deque<PageKey> requests;  ///< guarded by mutex; the newest last

  std::unique_ptr<RecordingTracker> tracker;  ///< reader thread only
  int failed_attempts = 0;                    ///< reader thread only

  Exchange(RecordingSource* owner, std::filesystem::path run_path, IfMissing missing)
      : source(owner),
        mailbox(Mailbox::of(owner)),
        path(std::move(run_path)),
        if_missing(missing) {}

  void update();
  bool open();
  void readNewestRequest();
  CachedPage read(const PageKey& key) const;
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

RecordingSource::CachedPage RecordingSource::Exchange::read(const PageKey& key) const {
  const auto [kind, snapshot, layer, page] = key;
  const auto result = [](auto content) {
    const std::size_t bytes = bytesOf(content);
    return CachedPage{std::make_shared<const decltype(content)>(std::move(content)), bytes};
  };
  switch (kind) {
    case PageKind::Probe:
      return result(tracker->readProbePage(page));
    case PageKind::Layer:
      return result(tracker->readLayerPage(snapshot, layer, page));
    case PageKind::Summary:
      break;
  }
  return result(tracker->readSummary(snapshot));
}

void RecordingSource::Exchange::readNewestRequest() {
  PageKey key;
  {
    const std::lock_guard lock(mutex);
    if (closed || requests.empty()) {
      return;
    }
    key = requests.back();
    requests.pop_back();
  }
  // Asked for before a resumed run took that snapshot back.
  if (ofSnapshot(key) && std::get<1>(key) >= tracker->snapshots()) {
    return;
  }
  CachedPage page;
  QString failure;
  try {
    page = read(key);
  } catch (const std::exception& error) {
    failure = QString::fromStdString(error.what());
  }
  mailbox->send([self = source, key, page, failure] { self->takePage(key, page, failure); });
}

RecordingSource::RecordingSource(std::shared_ptr<ReaderThread> reader, const QString& path,
                                 IfMissing if_missing, QObject* parent)
    : RunSource(parent),
      reader_(std::move(reader)),
      exchange_(std::make_shared<Exchange>(this, path.toStdString(), if_missing)),
      path_(path) {
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
  return given_up_ || (data_ && caught_up_ && requested_.empty());
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
    forgetSnapshots();
  }
  for (const auto& [snapshot, summary] : update.new_summaries) {
    remember({PageKind::Summary, snapshot, 0, 0}, {summary, bytesOf(*summary)});
  }
  if (update.data) {
    data_ = update.data;
    Q_EMIT dataChanged();
  }
  if (!update.warning.isEmpty()) {
    report(update.warning);
  }
  if (!caught_up_) {
    postUpdate();
  }
}

void RecordingSource::takePage(const PageKey& key, const CachedPage& page, const QString& failure) {
  requested_.erase(key);
  if (page.content) {
    remember(key, page);
  } else {
    unreadable_.insert(key);
    report(failure);
  }
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

void RecordingSource::forgetSnapshots() {
  std::erase_if(pages_, [this](const auto& entry) {
    const bool stale = ofSnapshot(entry.first);
    cached_bytes_ -= stale ? entry.second.bytes : 0;
    return stale;
  });
  std::erase_if(requested_, ofSnapshot);
  unreadable_.clear();
}

void RecordingSource::remember(const PageKey& key, const CachedPage& page) {
  CachedPage& place = pages_[key];
  cached_bytes_ += page.bytes - place.bytes;
  place = page;
  place.last_used = ++uses_;
  while (cached_bytes_ > kCacheBytes && pages_.size() > 1) {
    const auto oldest = std::min_element(
        pages_.begin(), pages_.end(),
        [](const auto& a, const auto& b) { return a.second.last_used < b.second.last_used; });
    cached_bytes_ -= oldest->second.bytes;
    pages_.erase(oldest);
  }
}

void RecordingSource::request(const PageKey& key) {
  if (given_up_ || unreadable_.contains(key) || !requested_.insert(key).second) {
    return;
  }
  {
    const std::lock_guard lock(exchange_->mutex);
    auto& requests = exchange_->requests;
    requests.push_back(key);
    if (requests.size() > mostRequests(data_->layout)) {
      requested_.erase(requests.front());
      requests.pop_front();
    }
  }
  reader_->post(ReaderThread::Urgency::Soon,
                [exchange = exchange_] { exchange->readNewestRequest(); });
}

template <typename Content>
std::shared_ptr<const Content> RecordingSource::page(const PageKey& key) {
  const auto cached = pages_.find(key);
  if (cached == pages_.end()) {
    request(key);
    return nullptr;
  }
  cached->second.last_used = ++uses_;
  return std::static_pointer_cast<const Content>(cached->second.content);
}

std::shared_ptr<const probe::ProbeSet> RecordingSource::probePage(int64_t page_index) {
  if (!data_ || page_index < 0 || page_index * kPageSamples >= data_->layout.samples) {
    return nullptr;
  }
  return page<probe::ProbeSet>({PageKind::Probe, 0, 0, page_index});
}

std::shared_ptr<const probe::LayerSlice> RecordingSource::layerPage(int64_t snapshot, int64_t layer,
                                                                    int64_t page_index) {
  if (!data_ || snapshot < 0 || snapshot >= static_cast<int64_t>(data_->snapshot_steps.size()) ||
      layer < 0 || layer >= data_->layout.layers || page_index < 0 ||
      page_index * kPageSamples >= data_->layout.samples) {
    return nullptr;
  }
  return page<probe::LayerSlice>({PageKind::Layer, snapshot, layer, page_index});
}

std::unique_ptr<Walk> RecordingSource::walk(WalkRequest request) {
  return startWalk(reader_, exchange_->mailbox, std::move(request),
                   [exchange = exchange_]() -> const probe::RecordingReader* {
                     return exchange->tracker ? &exchange->tracker->reader() : nullptr;
                   });
}

std::shared_ptr<const probe::Snapshot> RecordingSource::summary(int64_t snapshot) {
  if (!data_ || snapshot < 0 || snapshot >= static_cast<int64_t>(data_->snapshot_steps.size())) {
    return nullptr;
  }
  return page<probe::Snapshot>({PageKind::Summary, snapshot, 0, 0});
}

}  // namespace limoe::gui
