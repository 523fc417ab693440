// What takes a walk over the whole probe: made in the background when a view asks for it, and kept
// while it may be asked for again. The common part of Digests and Flows.
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gui/view/decisions_stamp.h"
#include "gui/view/run_source.h"
#include "gui/view/token_filter.h"

namespace limoe::gui {

class WalkCache : public QObject {
  Q_OBJECT
 public:
  explicit WalkCache(QObject* parent = nullptr);
  ~WalkCache() override;

  void setSource(RunSource* source);

  /// How far the one is that is being made, 0 … 1; 1 where none is.
  double progress() const { return walk_ ? progress_ : 1; }

 Q_SIGNALS:
  void ready();       ///< something asked for can be had now
  void progressed();  ///< progress() has changed
  void failed(QString message);

 protected:
  struct Key {
    int64_t snapshot = 0;
    int64_t layer = 0;
    TokenFilter filter;
    int kind = 0;  ///< where a class makes more than one kind of thing of these
    bool operator==(const Key&) const = default;
  };
  /// How one is made. `request` needs items, visit and what to read; `take` is called on the GUI
  /// thread when all were visited.
  struct Plan {
    WalkRequest request;
    std::function<std::shared_ptr<const void>()> take;
  };

  /// nullptr where it is being made (ready() follows; ask again then) or `wanted` is not there.
  /// A new question is answered first; one that was asked before keeps its turn, so that two views
  /// with different questions cannot interrupt each other for ever. Of older ones only the few
  /// last are remembered. What failed is not tried again before the run has changed.
  std::shared_ptr<const void> value(const Key& wanted);

  virtual bool isThere(const Key& key, const RunData& run) const = 0;
  virtual Plan plan(const Key& key, const RunData& run) const = 0;

 private:
  void forget();
  void look();
  void startNext();
  void finish(const Key& key, const std::function<std::shared_ptr<const void>()>& take,
              const QString& failure);

  QPointer<RunSource> source_;
  DecisionsStamp stamp_;  ///< of the run when it was last looked at
  std::deque<std::pair<Key, std::shared_ptr<const void>>> made_;  ///< newest first
  std::deque<Key> wanted_;                                        ///< newest first
  std::deque<Key> failed_;
  std::optional<Key> making_;
  std::unique_ptr<Walk> walk_;
  double progress_ = 1;
};

}  // namespace limoe::gui
