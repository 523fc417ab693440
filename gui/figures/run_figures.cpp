#include "gui/figures/run_figures.h"

#include <QDir>
#include <QEventLoop>
#include <QFontMetricsF>
#include <QTextLayout>
#include <QTextOption>
#include <QTimer>
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "gui/canvas/wall_scene.h"
#include "gui/charts/curves_view.h"
#include "gui/charts/expert_counts.h"
#include "gui/charts/modality_chart.h"
#include "gui/charts/plot_style.h"
#include "gui/figures/figure_output.h"
#include "gui/view/colors.h"
#include "gui/view/decisions_stamp.h"

namespace limoe::gui {
namespace {

constexpr double kWidth = 396;         ///< pt, 5.5 inches: the text width of NeurIPS and ICLR
constexpr double kGap = 4;             ///< pt between two parts of a figure
constexpr double kPanelGap = 10;       ///< pt between (a), (b) and (c)
constexpr double kSharesHeight = 150;  ///< pt
constexpr double kCurvesHeight = 140;  ///< pt
constexpr int kLegendLines = 2;
constexpr int64_t kWallSamples = 16;
constexpr int64_t kWallColumns = 8;
constexpr int kDotsPerInch = 300;
constexpr int kReadTimeout = 60'000;  ///< ms

/// A font of the paper style at the page's unit (the style's own are in units of the plots).
QFont onPage(const PlotStyle& style, QFont font) {
  font.setPixelSize(static_cast<int>(std::lround(font.pixelSize() / style.scale)));
  return font;
}

/// Asks until `get` returns something, letting events in between.
template <typename Get>
auto waitFor(RunSource& source, const QString& what, Get get) {
  auto result = get();
  if (result) {
    return result;
  }
  QEventLoop loop;
  QString failure;
  QTimer timeout;
  timeout.setSingleShot(true);
  const auto ask = [&] {
    result = get();
    if (result) {
      loop.quit();
    }
  };
  QObject::connect(&source, &RunSource::pageReady, &loop, ask);
  QObject::connect(&source, &RunSource::dataChanged, &loop, ask);
  QObject::connect(&source, &RunSource::failed, &loop, [&](const QString& message) {
    failure = message;
    loop.quit();
  });
  QObject::connect(&timeout, &QTimer::timeout, &loop, [&] {
    failure = QObject::tr("%1 could not be read within %2 s").arg(what).arg(kReadTimeout / 1000);
    loop.quit();
  });
  timeout.start(kReadTimeout);
  loop.exec();
  if (!result) {
    throw std::runtime_error(failure.toStdString());
  }
  return result;
}

/// Running text broken to the width; returns its height. Draws where there is a painter.
double layText(QPainter* painter, const QPointF& at, double width, const QFont& font,
               const QString& text) {
  QTextLayout layout(text, font);
  QTextOption option;
  option.setUseDesignMetrics(true);
  layout.setTextOption(option);
  layout.beginLayout();
  double height = 0;
  for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
    line.setLineWidth(width);
    line.setPosition(QPointF(0, height));
    height += line.height();
  }
  layout.endLayout();
  if (painter != nullptr) {
    layout.draw(painter, at);
  }
  return height;
}

/// Colours, numbers and names of a layer's experts, in as many lines as they need; returns the
/// height.
double layExpertKey(QPainter* painter, const QPointF& at, double width, const QFont& font,
                    int64_t experts, const ViewState& state) {
  constexpr double kSpace = 3;
  const QFontMetricsF metrics(font);
  const double box = metrics.height();
  const double box_width = std::max(box * 1.3, metrics.horizontalAdvance("000"));
  const QString title = QObject::tr("Expert");
  const double start = metrics.horizontalAdvance(title) + 2 * kSpace;
  if (painter != nullptr) {
    painter->setFont(font);
    painter->setPen(Qt::black);
    painter->drawText(QPointF(at.x(), at.y() + metrics.ascent()), title);
  }
  double x = start;
  double y = 0;
  for (int64_t expert = 0; expert < experts; ++expert) {
    const QString name = metrics.elidedText(state.expertName(state.layer(), expert), Qt::ElideRight,
                                            std::max(0.0, width - start - box_width - 3 * kSpace));
    const double name_width = name.isEmpty() ? 0 : metrics.horizontalAdvance(name) + 3 * kSpace;
    if (x > start && x + box_width + name_width > width) {
      x = start;
      y += box + 2;
    }
    if (painter != nullptr) {
      const QColor color = expertColor(expert, experts);
      const QRectF cell(at.x() + x, at.y() + y, box_width, box);
      painter->fillRect(cell, color);
      painter->setPen(textColorOn(color));
      painter->drawText(cell, Qt::AlignCenter, QString::number(expert));
      painter->setPen(Qt::black);
      painter->drawText(QPointF(cell.right() + kSpace, cell.top() + metrics.ascent()), name);
    }
    x += box_width + name_width + kSpace;
  }
  return y + box + 2;
}

struct FigurePanel {
  QString title;
  PanelSpec curves;
};

/// The three that tell whether a run learns, routes and specialises; what is not recorded (a dense
/// model's routing) is left out.
std::vector<FigurePanel> figurePanels(const RunData& run) {
  FigurePanel loss{QObject::tr("Contrastive loss"), {}};
  FigurePanel success{QObject::tr("Routing success"), {}};
  FigurePanel held_out{QObject::tr("Held-out measures"), {QString(), {}, true}};
  for (const CurveGroup& group : curveGroups(run)) {
    for (const PanelSpec& panel : group.panels) {
      for (const CurveSpec& curve : panel.curves) {
        if (curve.kind == CurveSpec::Kind::Scalar &&
            run.layout.scalar_names[curve.column] == "contrastive") {
          loss.curves.axis = panel.axis;
          loss.curves.curves.push_back(curve);
        } else if (curve.kind == CurveSpec::Kind::Success) {
          success.curves.is_fraction = true;
          success.curves.curves.push_back(curve);
        } else if (curve.kind == CurveSpec::Kind::Metric) {
          const std::string& metric = run.layout.metric_names[curve.column];
          if (metric.starts_with("recall_at_1/")) {
            held_out.curves.curves.push_back(curve);
            held_out.curves.curves.back().name =
                metric.ends_with("image_to_text") ? QObject::tr("R@1 I→T") : QObject::tr("R@1 T→I");
          } else if (metric == "label_information/best") {
            held_out.curves.curves.push_back(curve);
            held_out.curves.curves.back().name = QObject::tr("label information");
          }
        }
      }
    }
  }
  std::vector<FigurePanel> panels = {loss, success, held_out};
  std::erase_if(panels, [](const FigurePanel& panel) { return panel.curves.curves.empty(); });
  return panels;
}

/// Whether the first choice of one of the first `tokens` tokens did not fit into its expert.
bool hasDropped(const probe::Decisions& decisions, int64_t tokens, int64_t top_k) {
  for (int64_t token = 0; token < tokens; ++token) {
    const auto first_choice = static_cast<std::size_t>(token * top_k);
    if (decisions.expert[first_choice] != probe::kNoExpert && decisions.kept[first_choice] == 0) {
      return true;
    }
  }
  return false;
}

class RunFigures {
 public:
  RunFigures(RunSource& source, const ViewState& shown, const QString& folder)
      : source_(source), folder_(folder), style_(paperStyle()) {
    run_ = waitFor(source, QObject::tr("the recording"), [&] { return source.data(); });
    const int64_t snapshots = std::ssize(run_->snapshot_steps);
    if (snapshots == 0) {
      throw std::runtime_error(
          QObject::tr("%1 holds no snapshot of the probe yet; train on until the first one (%2 "
                      "steps)")
              .arg(run_->name)
              .arg(run_->config.record.every)
              .toStdString());
    }
    const bool exists = shown.snapshot() >= 0 && shown.snapshot() < snapshots;
    state_.setSnapshot(exists ? shown.snapshot() : snapshots - 1);
    state_.setLayer(std::max<int64_t>(shownLayer(*run_, shown.layer()), 0));
    state_.setOverlayStyle(shown.overlayStyle());
    state_.setOverlayShade(shown.overlayShade());
    state_.setOverlayVisible(shown.overlayVisible());
    state_.setOpacity(shown.opacity());
    state_.setExpertNames(shown.expertNames());
    for (int64_t expert = 0; expert < run_->layout.experts; ++expert) {
      if (shown.isHidden(expert)) {
        state_.toggleHidden(expert);
      }
    }
    if (!QDir().mkpath(folder)) {
      throw std::runtime_error(
          QObject::tr("%1: this folder cannot be made; choose another, or make its parent writable")
              .arg(folder)
              .toStdString());
    }
  }

  QStringList write() {
    if (run_->layout.layers > 0) {
      writeOverlay();
      writeShares();
    }
    writeCurves();
    return paths_;
  }

 private:
  void writeBoth(const QString& name, double height, const QString& title,
                 const std::function<void(QPainter&, const QRectF&)>& draw) {
    for (const char* kind : {".pdf", ".png"}) {
      const QString path = QDir(folder_).filePath(name + kind);
      writeFigure({path, QSizeF(kWidth, std::ceil(height)) / 72, kDotsPerInch, title}, draw);
      paths_ << path;
    }
  }

  QString subject() const {
    return QObject::tr("%1, %2, %3")
        .arg(run_->name, layerTitle(*run_, state_.layer()), stepTitle(*run_, state_.snapshot()));
  }

  /// Asks for the first samples, as many as `wall` has room for; false until all of them have come.
  /// What has come is kept: large images may drive one another out of the source's memory.
  bool readWall(WallPieces& wall) {
    bool is_complete = true;
    for (std::size_t i = 0; i < wall.probes.size(); ++i) {
      const auto sample = static_cast<int64_t>(i);
      if (!wall.probes[i]) {
        wall.probes[i] = source_.sample(sample);
      }
      if (!wall.slices[i]) {
        wall.slices[i] = source_.decisions(state_.snapshot(), state_.layer(), sample);
      }
      is_complete = wall.probes[i] && wall.slices[i] && is_complete;
    }
    return is_complete;
  }

  void writeOverlay() {
    const int64_t samples = std::min(kWallSamples, run_->layout.samples);
    WallPieces pieces;
    pieces.probes.resize(static_cast<std::size_t>(samples));
    pieces.slices.resize(pieces.probes.size());
    waitFor(source_, QObject::tr("the images and their routing"), [&] { return readWall(pieces); });
    if (!DecisionsStamp(*run_).holdsIn(*source_.data())) {
      throw std::runtime_error(
          QObject::tr("%1 was replaced or resumed meanwhile; export the figures again")
              .arg(run_->name)
              .toStdString());
    }
    WallOptions options;
    options.columns = std::min(kWallColumns, samples);
    for (int64_t sample = 0; sample < samples; ++sample) {
      options.samples.push_back(sample);
    }
    const QSizeF wall = wallSize(*run_, options);
    const double wall_height = kWidth * wall.height() / wall.width();
    const QFont small = onPage(style_, style_.small);
    QString caption =
        QObject::tr(
            "%1. Each patch and word has the colour of its expert%2; evaluation routing "
            "of %3 of %4 probe samples.")
            .arg(subject(), run_->layout.top_k > 1 ? QObject::tr(" of first choice") : QString())
            .arg(samples)
            .arg(run_->layout.samples);
    const auto any_dropped = [&](const auto& slice) {
      return hasDropped(slice->image, run_->layout.patches(), run_->layout.top_k) ||
             hasDropped(slice->text, run_->layout.text_length, run_->layout.top_k);
    };
    if (std::any_of(pieces.slices.begin(), pieces.slices.end(), any_dropped)) {
      caption += QObject::tr(" Hatched or struck: dropped.");
    }
    const double key_height =
        layExpertKey(nullptr, {}, kWidth, small, run_->layout.experts, state_);
    const double text_height = layText(nullptr, {}, kWidth, small, caption);
    writeBoth(
        "overlay", wall_height + key_height + text_height + 2 * kGap, subject(),
        [&](QPainter& painter, const QRectF& page) {
          const QRectF used =
              paintWall(painter, QRectF(page.left(), page.top(), kWidth, wall_height), *run_,
                        pieces, state_, options);
          const double key_top = used.bottom() + kGap;
          layExpertKey(&painter, {page.left(), key_top}, kWidth, small, run_->layout.experts,
                       state_);
          painter.setPen(Qt::black);
          layText(&painter, {page.left(), key_top + key_height + kGap}, kWidth, small, caption);
        });
  }

  void writeShares() {
    waitFor(source_, QObject::tr("the token counts of the snapshot"),
            [&] { return source_.summary(state_.snapshot()); });
    ModalityChart chart(state_);
    chart.setSource(&source_);
    chart.setAllLayers(run_->layout.layers > 1);
    chart.setStyle(style_);
    writeBoth("modality_shares", kSharesHeight, subject(),
              [&](QPainter& painter, const QRectF& page) {
                paintPlot(painter, page, *chart.plot(), style_);
              });
  }

  /// "setting, checkpoint"
  QString eventKinds() const {
    QStringList kinds;
    for (const probe::Event& event : run_->events) {
      kinds << QString::fromStdString(event.kind);
    }
    kinds.removeDuplicates();
    return kinds.join(QStringLiteral(", "));
  }

  void writeCurves() {
    const std::vector<FigurePanel> panels = figurePanels(*run_);
    if (panels.empty()) {
      throw std::runtime_error(
          QObject::tr("%1 holds no curves that could be drawn").arg(run_->name).toStdString());
    }
    std::vector<std::unique_ptr<CurvesView>> views;
    for (const FigurePanel& panel : panels) {
      views.push_back(std::make_unique<CurvesView>(state_));
      views.back()->setSource(&source_);
      views.back()->setPanels({panel.curves});
      views.back()->setStyle(style_, kLegendLines);
    }
    const QFont base = onPage(style_, style_.base);
    const QFont small = onPage(style_, style_.small);
    QString caption =
        QObject::tr(
            "%1. Faint: every step; bold: debiased exponential moving average, w = %2. "
            "Success: choices kept of those made, all MoE layers. Held-out measures at each "
            "snapshot, not smoothed: recall of the caption (I→T) and of the image (T→I); "
            "label information I(expert; label) / H(label) of the best layer.")
            .arg(run_->name)
            .arg(views.front()->smoothing(), 0, 'g', 3);
    if (!run_->events.empty()) {
      caption += QObject::tr(" Dashed: recorded events (%1).").arg(eventKinds());
    }
    const double text_height = layText(nullptr, {}, kWidth, small, caption);
    writeBoth("curves", kCurvesHeight + kGap + text_height, caption,
              [&](QPainter& painter, const QRectF& page) {
                const auto count = static_cast<double>(views.size());
                const double width = (page.width() - (count - 1) * kPanelGap) / count;
                const double title = QFontMetricsF(base).height();
                for (std::size_t i = 0; i < views.size(); ++i) {
                  const double left = page.left() + static_cast<double>(i) * (width + kPanelGap);
                  painter.setFont(base);
                  painter.setPen(Qt::black);
                  painter.drawText(QPointF(left, page.top() + QFontMetricsF(base).ascent()),
                                   QStringLiteral("(%1) %2")
                                       .arg(QChar('a' + static_cast<char>(i)))
                                       .arg(panels[i].title));
                  paintPlot(painter, QRectF(left, page.top() + title, width, kCurvesHeight - title),
                            *views[i]->plot(), style_);
                }
                layText(&painter, {page.left(), page.top() + kCurvesHeight + kGap}, page.width(),
                        small, caption);
              });
  }

  RunSource& source_;
  QString folder_;
  PlotStyle style_;
  ViewState state_;
  std::shared_ptr<const RunData> run_;
  QStringList paths_;
};

}  // namespace

QStringList writeRunFigures(RunSource& source, const ViewState& state, const QString& folder) {
  return RunFigures(source, state, folder).write();
}

}  // namespace limoe::gui
