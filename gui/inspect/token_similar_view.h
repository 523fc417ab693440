// The tokens that are routed most like the selected one: looked for over the whole probe when asked
// for, or at once where the probe is small.
#pragma once

#include <QPointer>
#include <QTimer>
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "gui/inspect/token_similar_grid.h"
#include "gui/inspect/token_similarity.h"
#include "gui/view/decisions_stamp.h"

class QLabel;
class QPushButton;

namespace limoe::gui {

class WalkBar;

/// What was found stays while one of its tokens is selected, so that one can step through them. An
/// answer is dropped when another token, or by hand another step, is chosen while it is looked for;
/// a live run that moves on does not stop the search (the step it is about is written beside it).
class TokenSimilarView : public QWidget {
  Q_OBJECT
 public:
  /// Up to so many samples nobody needs to press the button.
  static constexpr int64_t kSmallProbe = 2000;

  TokenSimilarView(ViewState& state, QWidget* parent);
  ~TokenSimilarView() override;

  void setSource(RunSource* source);
  /// The view, or the run, has changed.
  void refresh();

  bool isSearching() const;
  /// nullptr: nothing has been found.
  const SimilarTokens* found() const { return found_.get(); }

 protected:
  void hideEvent(QHideEvent* event) override;  ///< ends the search: nobody sees what comes of it

 private:
  void build();
  void pressed();
  void dropStale(const RunData& run);
  /// The token whose nearest are, or should be, shown.
  std::optional<TokenRef> subject() const;
  bool isUpToDate() const;
  void search();
  void giveUp();  ///< the search that is under way
  void takeAnswer(const RunData& run);
  void fillCards();
  void addPicture(TokenCard& card, const probe::ProbeSet& probe, const probe::Layout& layout) const;
  void showCards();
  void showWords(const RunData& run);

  ViewState& state_;
  QPointer<RunSource> source_;
  QLabel* note_;
  QPushButton* button_;
  WalkBar* wait_;
  TokenSimilarGrid* grid_;
  QTimer start_;  ///< a moment after the last change, where nobody has to ask

  Similars similars_;
  std::optional<Question> asked_;  ///< under way, stopped or failed
  DecisionsStamp asked_stamp_;
  std::shared_ptr<const SimilarTokens> found_;
  int64_t found_step_ = -1;
  DecisionsStamp found_stamp_;
  std::vector<TokenCard> cards_;
  std::vector<bool> has_texts_;  ///< cards whose sample has come
};

}  // namespace limoe::gui
