// What takes a walk over the whole probe: made in the background when a view asks for it, and kept
// while it may be asked for again. It says how far it is, and can be stopped and gone on with.
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "gui/inspect/what_if.h"
#include "gui/view/decisions_stamp.h"
#include "gui/view/run_source.h"
#include "gui/view/token_filter.h"

namespace limoe::gui {

/// What a cache is asked for. Each kind of cache looks at some of it; the rest stays as it is.
struct Question {
  int64_t snapshot = 0;
  int64_t layer = 0;
  TokenFilter filter;
  int kind = 0;                   ///< where a cache makes more than one kind of thing of these
  std::optional<TokenRef> token;  ///< what others are compared with
  WhatIfSettings settings;
  bool operator==(const Question&) const = default;
};

/// How it stands with the answer to a question.
struct Standing {
  enum class Kind {
    Unasked,
    Waiting,  ///< being made, or waiting for its turn
    Stopped,  ///< by the user
    Failed,
    Made
  };
  Kind kind = Kind::Unasked;
  double done = 0;  ///< how much of it, 0 … 1
  QString failure;  ///< in words
};

class WalkCache : public QObject {
  Q_OBJECT
 public:
  ~WalkCache() override;

  void setSource(RunSource* source);

  Standing standing(const Question& question) const;
  /// Ends the walk for it. Asking again does not start it, goOn() does. While the run grows, a stop
  /// at its newest snapshot holds at the next newest, too: a view that follows the run is asked for
  /// the same thing again.
  void stop(const Question& question);
  /// Goes on where it was stopped, or begins anew what failed.
  void goOn(const Question& question);
  /// Nobody wants the answer any more.
  void drop(const Question& question);

  bool isIdle() const { return !walk_; }
  /// What is being answered.
  std::optional<Question> current() const {
    return making_ ? std::optional(making_->question) : std::nullopt;
  }
  std::size_t waiting() const { return wanted_.size(); }  ///< questions after that
  /// How far the one is that is being made, 0 … 1; 1 where none is.
  double progress() const { return walk_ ? making_->done : 1; }

 Q_SIGNALS:
  void ready();       ///< something asked for can be had now
  void progressed();  ///< the standing of something has changed
  void failed(QString message);

 protected:
  enum class Order {
    /// A new question is answered first; what is pushed aside goes on later. Of older ones the few
    /// last are remembered.
    NewestFirst,
    /// Layers of a snapshot as they are asked for, another snapshot before them. Other settings end
    /// what is under way for older ones, and a stop is for all questions with its settings.
    InTurn
  };
  struct Policy {
    Order order = Order::NewestFirst;
    std::size_t most_made = 8;
    std::size_t most_wanted = 3;
  };
  /// How one is made. `request` needs items, visit and what to read; `take` is called on the GUI
  /// thread when all were visited.
  struct Plan {
    WalkRequest request;
    std::function<std::shared_ptr<const void>()> take;
  };

  explicit WalkCache(const Policy& policy, QObject* parent);

  /// nullptr where it is not made. If nobody has asked before it is begun (ready() follows; ask
  /// again then). Asked again it keeps its turn, so that two views with different questions cannot
  /// interrupt each other for ever. What failed is not tried again before the run has grown.
  std::shared_ptr<const void> value(const Question& question);

  /// Whether there can be an answer; here: whether snapshot and MoE layer are recorded.
  virtual bool isThere(const Question& question, const RunData& run) const;
  virtual Plan plan(const Question& question, const RunData& run) const = 0;

 private:
  struct Course;
  /// A question with what has been done for it.
  struct Entry {
    Question question;
    std::shared_ptr<Course> course;  ///< nullptr: not begun
    double done = 0;
    QString failure;
  };
  struct Made {
    Question question;
    std::shared_ptr<const void> value;
  };

  void forget();
  void look();
  void holdStopsAtNewest(int64_t snapshots);
  bool belongTogether(const Question& a, const Question& b) const;
  void enqueue(Entry entry);
  void endOlderSettings(const WhatIfSettings& settings);
  void startNext();
  void finish(const QString& failure);

  const Policy policy_;
  QPointer<RunSource> source_;
  std::shared_ptr<const RunData> seen_;  ///< the run when it was last looked at
  DecisionsStamp stamp_;
  int64_t snapshots_ = 0;
  std::deque<Made> made_;               ///< newest first
  std::deque<Entry> wanted_;            ///< next one first
  std::deque<Entry> stopped_, failed_;  ///< newest first
  std::optional<Entry> making_;
  std::unique_ptr<Walk> walk_;
};

}  // namespace limoe::gui
