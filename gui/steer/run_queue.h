// Runs that are to be trained one after another, or a few at once. No widgets.
//
// Kept in queue.json in the runs folder, beside the runs that it makes, so that it is there again
// after the program was closed. It starts nothing before start() is called, after a restart too;
// workers that it has started outlive it and are found again.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>
#include <memory>
#include <vector>

#include "gui/runs/mailbox.h"
#include "gui/runs/reader_thread.h"
#include "gui/runs/worker_process.h"

namespace limoe::gui {

enum class QueueState { Waiting, Training, Finished, Stopped, Failed };

struct QueueEntry {
  NewRun run;
  QueueState state = QueueState::Waiting;
  QString message;  ///< how it ended, in words
  bool isOver() const { return state != QueueState::Waiting && state != QueueState::Training; }
};

/// What queue.json holds, and back. Throws std::runtime_error with what is wrong with it.
struct StoredQueue {
  int at_once = 1;
  std::vector<QueueEntry> entries;
};
QByteArray toJson(const StoredQueue& queue, const QString& runs_folder);
StoredQueue queueFromJson(const QByteArray& text, const QString& runs_folder);

class RunQueue : public QObject {
  Q_OBJECT
 public:
  static constexpr int kMostAtOnce = 64;

  RunQueue(std::shared_ptr<ReaderThread> reader, const QString& runs_folder,
           const QString& worker_program, QObject* parent = nullptr);
  ~RunQueue() override;

  const std::vector<QueueEntry>& entries() const { return queue_.entries; }
  bool isStarted() const { return started_; }
  int atOnce() const { return queue_.at_once; }
  /// Cores that each run gets which does not say how many threads it wants.
  int coresEach() const;
  int count(QueueState state) const;
  QStringList names(QueueState state) const;
  QStringList folders(QueueState state) const;  ///< absolute paths

  void add(const NewRun& run);
  void remove(std::size_t index);        ///< not one that trains
  void move(std::size_t index, int by);  ///< one up (−1) or down (1)
  void clearOver();                      ///< those that have ended
  void setAtOnce(int runs);
  void start();
  void pause();                  ///< starts no more; those that train go on
  void stop(std::size_t index);  ///< one that trains, after its step and with a checkpoint
  void stopAll();

 Q_SIGNALS:
  void changed();
  void warned(QString message);

 private:
  struct Worker;
  QueueEntry* find(const QString& folder);
  void fill();
  void launch(QueueEntry& entry);
  void look();
  void settle(const QString& folder, const QString& failure);
  void takeOutcome(const QString& folder, QueueState state, const QString& message);
  void load();
  void takeStored(const StoredQueue& stored, const QString& fault);
  void save();
  void tell();  ///< changed, and to be kept

  std::shared_ptr<ReaderThread> reader_;
  std::shared_ptr<Mailbox> mailbox_;
  QString runs_folder_;
  QString worker_program_;
  StoredQueue queue_;
  bool started_ = false;
  bool loaded_ = false;
  bool unreadable_ = false;  ///< what is stored; it is kept beside what is written next
  bool looking_ = false;
  std::vector<std::unique_ptr<Worker>> workers_;
  QTimer look_timer_;
};

}  // namespace limoe::gui
