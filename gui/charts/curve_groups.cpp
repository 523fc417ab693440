#include "gui/charts/curve_groups.h"

#include <QHash>
#include <QObject>
#include <limits>
#include <utility>

namespace limoe::gui {
namespace {

using Kind = CurveSpec::Kind;

/// Where a scalar belongs, by its name; in the order in which groups and panels are offered.
struct Place {
  QString group;
  QString panel;
};

Place placeOfScalar(const QString& name) {
  if (name == "loss" || name == "contrastive" || name == "aux/total") {
    return {QObject::tr("Loss"), QObject::tr("loss")};
  }
  if (name.startsWith("aux/")) {
    return {QObject::tr("Auxiliary losses, raw"), QObject::tr("raw value")};
  }
  if (name.startsWith("weighted/")) {
    return {QObject::tr("Auxiliary losses, weighted"), QObject::tr("share of the loss")};
  }
  if (name.contains("accuracy")) {
    return {QObject::tr("Batch accuracy"), QObject::tr("accuracy")};
  }
  if (name == "learning_rate") {
    return {QObject::tr("Optimisation"), QObject::tr("learning rate")};
  }
  if (name == "logit_scale") {
    return {QObject::tr("Optimisation"), QObject::tr("logit scale")};
  }
  if (name == "grad_norm") {
    return {QObject::tr("Optimisation"), QObject::tr("gradient norm")};
  }
  if (name == "pairs_per_second") {
    return {QObject::tr("Speed"), QObject::tr("throughput")};
  }
  if (name == "data_wait") {
    return {QObject::tr("Speed"), QObject::tr("wait for data")};
  }
  return {QObject::tr("Other"), name};
}

/// A metric "family/member" is drawn with its family; all recalls share one panel.
QString panelOfMetric(const QString& name) {
  const QString family = name.section('/', 0, 0);
  return family.startsWith("recall") ? QObject::tr("recall") : QString(family).replace('_', ' ');
}

QString withoutPrefix(const QString& name) {
  for (const char* prefix : {"aux/", "weighted/", "accuracy/"}) {
    if (name.startsWith(QLatin1String(prefix)) && name != "aux/total") {
      return name.mid(static_cast<qsizetype>(qstrlen(prefix)));
    }
  }
  return name;
}

QString readable(QString name) {
  if (name.startsWith("recall_at_")) {
    name = "R@" + name.mid(10);
  }
  return name.replace("image_to_text", "image→text")
      .replace("text_to_image", "text→image")
      .replace('_', ' ')
      .replace('/', ' ');
}

std::optional<int> modalityOf(const QString& name) {
  // "aux/local_image" is a loss about a modality; "success/image" is the modality's own number.
  if (name.endsWith("/image")) {
    return probe::kImage;
  }
  if (name.endsWith("/text")) {
    return probe::kText;
  }
  return std::nullopt;
}

/// Panels of shares and rates.
bool isFraction(const QString& panel) {
  return panel == QObject::tr("kept / chosen") || panel == QObject::tr("accuracy") ||
         panel == QObject::tr("recall") || panel == QObject::tr("success") ||
         panel == QObject::tr("label information") || panel == QObject::tr("zero shot accuracy");
}

CurveGroup& groupNamed(std::vector<CurveGroup>& groups, const QString& name) {
  for (CurveGroup& group : groups) {
    if (group.name == name) {
      return group;
    }
  }
  return groups.emplace_back(CurveGroup{name, {}});
}

PanelSpec& panelNamed(CurveGroup& group, const QString& name) {
  for (PanelSpec& panel : group.panels) {
    if (panel.axis == name) {
      return panel;
    }
  }
  return group.panels.emplace_back(PanelSpec{name, {}, isFraction(name)});
}

std::vector<CurveGroup> inOrder() {
  std::vector<CurveGroup> groups;
  for (const QString& name :
       {QObject::tr("Loss"), QObject::tr("Routing success"), QObject::tr("Held-out metrics"),
        QObject::tr("Batch accuracy"), QObject::tr("Auxiliary losses, raw"),
        QObject::tr("Auxiliary losses, weighted"), QObject::tr("Optimisation"),
        QObject::tr("Speed"), QObject::tr("Other")}) {
    groups.push_back({name, {}});
  }
  return groups;
}

}  // namespace

std::vector<CurveGroup> curveGroups(const RunData& run) {
  std::vector<CurveGroup> groups = inOrder();
  const probe::Layout& layout = run.layout;
  for (std::size_t i = 0; i < layout.scalar_names.size(); ++i) {
    const QString name = QString::fromStdString(layout.scalar_names[i]);
    const Place place = placeOfScalar(name);
    const QString unit =
        i < layout.scalar_units.size() ? QString::fromStdString(layout.scalar_units[i]) : QString();
    const QString axis =
        unit.isEmpty() ? place.panel : QStringLiteral("%1 (%2)").arg(place.panel, unit);
    panelNamed(groupNamed(groups, place.group), axis)
        .curves.push_back({readable(withoutPrefix(name)), Kind::Scalar, i, modalityOf(name)});
  }
  if (layout.layers > 0) {
    panelNamed(groupNamed(groups, QObject::tr("Routing success")), QObject::tr("kept / chosen"))
        .curves = {{QObject::tr("image"), Kind::Success, probe::kImage, probe::kImage},
                   {QObject::tr("text"), Kind::Success, probe::kText, probe::kText}};
  }
  for (std::size_t i = 0; i < layout.metric_names.size(); ++i) {
    const QString name = QString::fromStdString(layout.metric_names[i]);
    const QString panel = panelOfMetric(name);
    const QString member = name.startsWith("recall") ? name : name.section('/', 1);
    panelNamed(groupNamed(groups, QObject::tr("Held-out metrics")), panel)
        .curves.push_back(
            {readable(member.isEmpty() ? name : member), Kind::Metric, i, modalityOf(name)});
  }
  std::erase_if(groups, [](const CurveGroup& group) { return group.panels.empty(); });
  return groups;
}

std::size_t curveLength(const RunData& run, const CurveSpec& curve) {
  if (curve.kind == Kind::Metric) {
    return run.snapshot_steps.size();
  }
  return run.curves ? run.curves->steps.size() : 0;
}

double curveStep(const RunData& run, const CurveSpec& curve, std::size_t index) {
  return curve.kind == Kind::Metric ? static_cast<double>(run.snapshot_steps[index])
                                    : run.curves->steps[index];
}

double curveValue(const RunData& run, const CurveSpec& curve, std::size_t index) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  switch (curve.kind) {
    case Kind::Scalar:
      return run.curves->scalars[curve.column][index];
    case Kind::Success: {
      const double chosen = run.curves->chosen[curve.column][index];
      return chosen > 0 ? run.curves->kept[curve.column][index] / chosen : kNone;
    }
    case Kind::Metric:
      return index < run.metrics.size() && curve.column < run.metrics[index].size()
                 ? static_cast<double>(run.metrics[index][curve.column])
                 : kNone;
  }
  return kNone;
}

}  // namespace limoe::gui
