// Outcomes of a what-if by layer, computed in the background when somebody asks and kept while they
// may be asked for again.
#pragma once

#include <QObject>
#include <QPointer>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gui/inspect/what_if.h"
#include "gui/view/decisions_stamp.h"

namespace limoe::gui {

class WhatIfOutcomes : public QObject {
  Q_OBJECT
 public:
  explicit WhatIfOutcomes(QObject* parent = nullptr);
  ~WhatIfOutcomes() override;

  void setSource(RunSource* recording);

  /// nullptr where it is being computed (ready() follows; ask again then) or cannot be (failed()
  /// follows, once; failure() says why). Layers of a snapshot come in the order in which they are
  /// asked for; another snapshot comes before them; other settings end what is under way for older
  /// ones.
  std::shared_ptr<const LayerOutcome> layer(int64_t snapshot, int64_t layer,
                                            const WhatIfSettings& settings);
  /// Why it could not be computed, in words; empty where nothing has gone wrong.
  QString failure(int64_t snapshot, int64_t layer, const WhatIfSettings& settings) const;
  bool isIdle() const { return !walk_; }
  /// How far the one is that is being computed, 0 … 1; 1 where none is.
  double progress() const { return walk_ ? progress_ : 1; }

 Q_SIGNALS:
  void ready();
  void progressed();
  void failed(QString message);

 private:
  struct Key {
    int64_t snapshot = 0;
    int64_t layer = 0;
    WhatIfSettings settings;
    bool operator==(const Key&) const = default;
  };

  void forget();
  void sourceChanged();
  void enqueue(const Key& key);
  void startNext();
  void take(const Key& key, std::shared_ptr<const LayerOutcome> outcome, const QString& failure);
  bool isThere(const Key& key) const;

  QPointer<RunSource> source_;
  DecisionsStamp stamp_;            ///< of what outcomes were computed of
  std::vector<RoutingRule> rules_;  ///< recorded ones, [S]
  std::deque<std::pair<Key, std::shared_ptr<const LayerOutcome>>> made_;  ///< newest first
  std::deque<Key> wanted_;                                                ///< next one first
  std::vector<std::pair<Key, QString>> failed_;
  std::optional<Key> making_;
  std::unique_ptr<Walk> walk_;
  double progress_ = 1;
};

}  // namespace limoe::gui
