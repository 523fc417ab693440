#include "gui/runs/recording_walk.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

namespace limoe::gui {
namespace {

/// What the user waits for gets its turn this often.
constexpr std::chrono::milliseconds kTurn{5};
constexpr std::chrono::milliseconds kBetweenReports{80};

/// Shared by the walk and its jobs.
struct Course : std::enable_shared_from_this<Course> {
  /// Not owned: jobs that wait in its queue must not keep it.
  std::weak_ptr<ReaderThread> reader;
  std::shared_ptr<Mailbox> mailbox;
  WalkRequest request;
  std::function<const probe::RecordingReader*()> recording;
  std::atomic<bool> ended{false};  ///< set on the GUI thread, where letters are read too

  // Reader thread only.
  std::size_t next = 0;
  probe::ProbeSet texts;
  std::optional<std::pair<int64_t, int64_t>> texts_of;  ///< first sample, samples
  std::chrono::steady_clock::time_point reported;

  void post() {
    if (const auto there = reader.lock()) {
      there->post(ReaderThread::Urgency::Background, [self = shared_from_this()] { self->turn(); });
    }
  }

  void turn() {
    if (ended) {
      return;
    }
    try {
      const auto begin = std::chrono::steady_clock::now();
      while (next < request.items.size() && !ended &&
             std::chrono::steady_clock::now() - begin < kTurn) {
        visit(request.items[next++]);
      }
    } catch (const std::exception& failure) {
      finish(QString::fromStdString(failure.what()));
      return;
    }
    if (next == request.items.size()) {
      finish({});
      return;
    }
    report();
    post();
  }

  void visit(const WalkItem& item) {
    const probe::RecordingReader* open = recording();
    if (!open || (request.decisions &&
                  item.snapshot >= static_cast<int64_t>(open->snapshotSteps().size()))) {
      throw probe::RecordingError("the run was resumed from an earlier step or replaced");
    }
    const std::pair samples{item.first_sample, item.samples};
    if (request.texts && texts_of != samples) {
      texts = open->readProbeTexts(item.first_sample, item.samples);
      texts_of = samples;
    }
    request.visit(item, texts,
                  request.decisions ? open->readLayer(item.snapshot, item.layer, item.first_sample,
                                                      item.samples, request.probabilities)
                                    : probe::LayerSlice());
  }

  void report() {
    const auto now = std::chrono::steady_clock::now();
    if (!request.progress || now - reported < kBetweenReports) {
      return;
    }
    reported = now;
    const double done = static_cast<double>(next) / static_cast<double>(request.items.size());
    mailbox->send([self = shared_from_this(), done] {
      if (!self->ended) {
        self->request.progress(done);
      }
    });
  }

  void finish(const QString& failure) {
    mailbox->send([self = shared_from_this(), failure] {
      if (!self->ended.exchange(true) && self->request.finished) {
        self->request.finished(failure);
      }
    });
  }
};

class RecordingWalk : public Walk {
 public:
  explicit RecordingWalk(std::shared_ptr<Course> course) : course_(std::move(course)) {}
  ~RecordingWalk() override { course_->ended = true; }
  RecordingWalk(const RecordingWalk&) = delete;
  RecordingWalk& operator=(const RecordingWalk&) = delete;

 private:
  std::shared_ptr<Course> course_;
};

}  // namespace

std::unique_ptr<Walk> startWalk(const std::shared_ptr<ReaderThread>& reader,
                                std::shared_ptr<Mailbox> mailbox, WalkRequest request,
                                std::function<const probe::RecordingReader*()> recording) {
  auto course = std::make_shared<Course>();
  course->reader = reader;
  course->mailbox = std::move(mailbox);
  course->request = std::move(request);
  course->recording = std::move(recording);
  course->post();
  return std::make_unique<RecordingWalk>(std::move(course));
}

}  // namespace limoe::gui
