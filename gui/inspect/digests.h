// Digests of layers, made in the background when a view asks for one and kept while they may be
// asked for again. Shared by all views of a window.
#pragma once

#include <QObject>
#include <QPointer>
#include <deque>
#include <memory>
#include <vector>

#include "gui/inspect/layer_digest.h"
#include "gui/view/run_source.h"

namespace limoe::gui {

class Digests : public QObject {
  Q_OBJECT
 public:
  explicit Digests(QObject* parent = nullptr);
  ~Digests() override;

  void setSource(RunSource* source);

  /// nullptr where it is being made (ready() follows; ask again then) or there is no such layer.
  /// The newest question is answered first; of older ones, only the few last are remembered.
  std::shared_ptr<const LayerDigest> layer(int64_t snapshot, int64_t layer,
                                           const TokenFilter& filter);
  /// How far the one is that is being made, 0 … 1; 1 where none is.
  double progress() const { return walk_ ? progress_ : 1; }

 Q_SIGNALS:
  void ready();
  void progressed();
  void failed(QString message);

 private:
  struct Key {
    int64_t snapshot = 0;
    int64_t layer = 0;
    TokenFilter filter;
    bool operator==(const Key&) const = default;
  };

  void forget();
  void sourceChanged();
  void startNext();
  bool isThere(const Key& key) const;

  QPointer<RunSource> source_;
  std::vector<int64_t> steps_;  ///< of the snapshots that digests were made of
  QString what_if_;             ///< what their decisions were computed with
  std::deque<std::pair<Key, std::shared_ptr<const LayerDigest>>> made_;  ///< newest first
  std::deque<Key> wanted_;                                               ///< newest first
  std::optional<Key> making_;
  std::unique_ptr<Walk> walk_;
  double progress_ = 1;
};

/// Items that read a layer of a snapshot page by page.
std::vector<WalkItem> pagesOf(const probe::Layout& layout, int64_t snapshot, int64_t layer);

}  // namespace limoe::gui
